"""MultiHeadAttention: each place of a sequence takes a weighted mean of all places."""

from __future__ import annotations

from math import exp, sqrt
from typing import ClassVar

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Constant,
    Example,
    Graph,
    Module,
    Parameter,
    Sample,
    Shape,
    ShapeError,
    whole_number,
    xavier_normal,
)
from coreframe_sequence.projection import add_projection_gradients, project

__all__ = ["MultiHeadAttention"]


class MultiHeadAttention(Module):
    """Scaled dot-product self-attention in several heads.

    q, k, v = x wᵀ + b;  p = softmax(q kᵀ / √d),  c = p v in each head of d = size / heads features;
    y = c uᵀ + a,  with weights w of the projection and u of the output

    dv = pᵀ dc,  dp = dc vᵀ,  ds = p (dp − Σ p dp),  dq = ds k / √d,  dk = dsᵀ q / √d

    One input is attended to by itself. A second one is a mask: true (or 1) where a place may be
    attended to, for all queries and heads; it has no gradient. A query that may attend to nothing
    takes a mean of nothing: zero in every head. With `causal`, place t attends to 0 … t only.

    Shapes: x (*, batch, length, size), mask (*, batch, length) → y (*, batch, length, size);
    projection_weight (3 size, size) for q, k and v in turn, output_weight (size, size).
    Weights start normal with variance 1 / size, biases at zero.
    Source: Vaswani et al. 2017, Attention is all you need, §3.2.

    Args:
        size: features of each place, in and out.
        heads: into how many heads they are split.
        causal: whether later places are hidden from earlier ones.

    Raises:
        ArgumentError: for sizes that are not positive integers, or heads that do not divide them.
        ShapeError: in forward, for other features, or a mask of another length.
    """

    torch_names: ClassVar = {
        "projection_weight": "in_proj_weight",
        "projection_bias": "in_proj_bias",
        "output_weight": "out_proj.weight",
        "output_bias": "out_proj.bias",
    }

    def __init__(self, size: int, heads: int, *, causal: bool = False) -> None:
        self.size = whole_number("MultiHeadAttention: size", size)
        self.heads = whole_number("MultiHeadAttention: heads", heads)
        if self.size % self.heads:
            raise ArgumentError(
                f"MultiHeadAttention: {heads} heads do not divide the size of {size}"
            )
        self.causal = causal
        self.projection_weight = Parameter(
            (3 * self.size, self.size), xavier_normal(self.size, self.size)
        )
        self.projection_bias = Parameter((3 * self.size,), Constant(0.0))
        self.output_weight = Parameter((self.size, self.size), xavier_normal(self.size, self.size))
        self.output_bias = Parameter((self.size,), Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        plain, causal = (cls(1, 1, causal=way).initialize(seed=0) for way in (False, True))
        for fitted in (plain, causal):  # q = k = v = x
            ones = {"projection_weight": torch.ones(3, 1), "output_weight": torch.ones(1, 1)}
            biases = {"projection_bias": torch.zeros(3), "output_bias": torch.tensor([0.5])}
            fitted.load_state(ones | biases)
        x, both = [[2.0], [3.0]], (2 + 3 * exp(3)) / (1 + exp(3))  # scores of 6 and 9
        masked = [[[2.5], [2.5]], [[0.5], [0.5]]]  # by the first place only, and by none
        return [
            Example(cls(4, 2), (3, 4)),
            Example(cls(4, 2, causal=True), (5, 4)),
            Example(cls(3, 1), (1, 3)),
            Example(cls(6, 3), (4, 6), Sample((4,), "indices", 2)),
            Example(cls(2, 2, causal=True), (3, 2), Sample((3,), "indices", 2)),
            Example(
                plain,
                (2, 1),
                Sample((2,), "indices", 2),
                known=[(([x, x], [[1, 0], [0, 0]]), masked)],
            ),
            Example(causal, (2, 1), known=[([x], [[[2.5], [both + 0.5]]])]),
        ]

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        self._expect_shapes(x, mask)
        length = x.shape[-2]
        rows = x.flatten(len(self.replicas), -2)
        projected = project(rows, self.projection_weight.value, self.projection_bias.value)
        split = projected.view(-1, length, 3, self.heads, self.size // self.heads)
        # Heads join the batch of the products; q is the one that carries the scale.
        qkv = split.permute(2, 0, 3, 1, 4).contiguous().flatten(1, 2)
        q, k, v = qkv
        q.mul_(self._scale)
        p = self._weights(q, k, mask)
        context = self._to_rows(torch.bmm(p, v), rows)
        self.save(rows, qkv, p, context, *(() if mask is None else (mask,)))
        y = project(context, self.output_weight.value, self.output_bias.value)
        return y.view(x.shape)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | tuple[Tensor, None]:
        (dy,) = gradwrtoutput
        gradients, masked = self._add_gradients(dy)
        dx = torch.matmul(gradients, self.projection_weight.value).view(dy.shape)
        return (dx, None) if masked else dx

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        self._add_gradients(*gradwrtoutput)

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, bool]:
        """Gives the gradient of q, k and v as rows, and whether there was a mask."""
        rows, qkv, p, context, *mask = self.saved()
        q, k, v = qkv
        dy_rows = dy.reshape(rows.shape)
        add_projection_gradients(dy_rows, context, self.output_weight, self.output_bias)
        flat = torch.matmul(dy_rows, self.output_weight.value)
        dc, c = (self._to_heads(t, p.shape[-1]) for t in (flat, context))
        dqkv = torch.empty_like(qkv)
        dq, dk, dv = dqkv
        torch.bmm(p.mT, dc, out=dv)
        # s → p = softmax(s): ds = p (dp − Σ p dp), where Σ p dp = Σ p (dc vᵀ) = dc · c
        ds = torch.bmm(dc, v.mT).sub_((dc * c).sum(-1, keepdim=True)).mul_(p)
        torch.bmm(ds, k, out=dq).mul_(self._scale)
        torch.bmm(ds.mT, q, out=dk)  # q is scaled already
        shape = (3, -1, self.heads, p.shape[-1], self.size // self.heads)
        joined = dqkv.view(shape).permute(1, 3, 0, 2, 4).reshape(*rows.shape[:-1], 3 * self.size)
        add_projection_gradients(joined, rows, self.projection_weight, self.projection_bias)
        return joined, bool(mask)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return (self.size,)
        if len(input_shape) > 2 or input_shape[-1:] != (self.size,):  # the length may be unknown
            raise ShapeError(f"{self!r} takes (length, {self.size}), got {input_shape}")
        return input_shape

    def export(self, graph: Graph, x: str, mask: str | None = None) -> str:
        length, size = graph.features(x)
        projected = self._export_projection(graph, x, self.projection_weight, self.projection_bias)
        split = graph.integers(0, length, self.heads, size // self.heads)
        q, k, v = (
            graph.add("Reshape", part, split)
            for part in graph.add_several(3, "Split", projected, axis=-1, num_outputs=3)
        )
        q, v = (graph.add("Transpose", part, perm=[0, 2, 1, 3]) for part in (q, v))
        k = graph.add("Transpose", k, perm=[0, 2, 3, 1])
        q = graph.add("Mul", q, graph.constant(self._scale))
        p = self._export_weights(graph, graph.add("MatMul", q, k), mask, length)
        context = graph.add("Transpose", graph.add("MatMul", p, v), perm=[0, 2, 1, 3])
        joined = graph.add("Reshape", context, graph.integers(0, length, size))
        return self._export_projection(graph, joined, self.output_weight, self.output_bias)

    def _export_projection(self, graph: Graph, x: str, weight: Parameter, bias: Parameter) -> str:
        turned = graph.add("Transpose", graph.constant(weight), perm=[1, 0])
        return graph.add("Add", graph.add("MatMul", x, turned), graph.constant(bias))

    def _export_weights(self, graph: Graph, scores: str, mask: str | None, length: int) -> str:
        """p (batch, heads, length, length), zero where a place is hidden, as in `_weights`."""
        hidden = ""
        if mask is not None:
            absent = graph.add("Not", graph.add("Cast", mask, to=torch.bool))
            hidden = graph.add("Unsqueeze", absent, graph.integers(1, 2))
        if self.causal:
            later = graph.constant(torch.ones(length, length, dtype=torch.bool).triu_(1))
            hidden = graph.add("Or", hidden, later) if hidden else later
        if not hidden:
            return graph.add("Softmax", scores, axis=-1)
        seen = graph.add("Where", hidden, graph.constant(-torch.inf), scores)
        p = graph.add("Softmax", seen, axis=-1)
        return graph.add("Where", hidden, graph.constant(0.0), p)

    @property
    def _scale(self) -> float:
        return 1 / sqrt(self.size / self.heads)

    def _weights(self, q: Tensor, k: Tensor, mask: Tensor | None) -> Tensor:
        """p `(n · heads, length, length)`, zero where a place is hidden."""
        scores, length = torch.bmm(q, k.mT), q.shape[-2]
        if self.causal:
            later = torch.ones(length, length, dtype=torch.bool, device=q.device).triu_(1)
            scores.masked_fill_(later, -torch.inf)
        if mask is None:
            return scores.softmax(-1)
        hidden = mask.logical_not().reshape(-1, 1, 1, length)
        by_sample = scores.view(-1, self.heads, length, length).masked_fill_(hidden, -torch.inf)
        # Of nothing but hidden places the softmax is NaN, in these places only.
        p = by_sample.softmax(-1).masked_fill_(hidden, 0.0)
        if self.causal:
            p.masked_fill_(later, 0.0)
        return p.view(scores.shape)

    def _to_heads(self, rows: Tensor, length: int) -> Tensor:
        split = rows.view(-1, length, self.heads, self.size // self.heads)
        return split.transpose(1, 2).reshape(-1, length, split.shape[-1])

    def _to_rows(self, heads: Tensor, like: Tensor) -> Tensor:
        split = heads.view(-1, self.heads, *heads.shape[1:])
        return split.transpose(1, 2).reshape(like.shape)

    def _expect_shapes(self, x: Tensor, mask: Tensor | None) -> None:
        axes = len(self.replicas)
        if (
            x.dim() != axes + 3
            or x.shape[-1] != self.size
            or not x.shape[-2]
            or x.shape[:axes] != self.replicas
        ):
            raise ShapeError(
                f"{self.described} for replicas {self.replicas} takes "
                f"(*replicas, batch, length, {self.size}), got {tuple(x.shape)}"
            )
        if mask is not None and mask.shape != x.shape[:-1]:
            raise ShapeError(
                f"{self.described} takes a mask {tuple(x.shape[:-1])}, got {tuple(mask.shape)}"
            )
