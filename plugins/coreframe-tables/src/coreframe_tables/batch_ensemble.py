"""BatchEnsemble: linear layers that share their weight, and differ by factors."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import (
    Constant,
    Example,
    Graph,
    Module,
    Parameter,
    Shape,
    ShapeError,
    whole_number,
    xavier_normal,
)
from coreframe_tables.last_axes import expect_gradient, expect_last, expect_like, rows
from coreframe_tables.signs import Signs

__all__ = ["BatchEnsemble"]


class BatchEnsemble(Module):
    """A linear layer for each member of an ensemble, of one weight and of factors of its own.

    h_m = (x_m ∘ r_m) wᵀ,  y_m = h_m ∘ s_m + b_m

    dh = dy ∘ s,  dw = Σ dhᵀ (x ∘ r),  ds = Σ dy ∘ h,  db = Σ dy,  dr = Σ (dh w) ∘ x,
    dx = (dh w) ∘ r

    The members are an axis of the features, inside one model. `MemberCopies` makes it, and
    `MemberMean` ends it.

    Shapes: x (*, members, in_size) → y (*, members, out_size); weight (out_size, in_size),
    in_factor (members, in_size), out_factor and bias (members, out_size).
    The weight starts normal with variance 2 / (in_size + out_size), the factors as random signs,
    the biases at zero.
    Source: Wen et al. 2020, BatchEnsemble: an alternative approach to efficient ensemble and
    lifelong learning, §3; Gorishniy et al. 2025, TabM.

    Args:
        in_size: number of input features.
        out_size: number of output features.
        members: models in the ensemble.

    Raises:
        ArgumentError: for sizes that are no positive integers; in forward, for an input of
            another dtype or device than the weights.
        ShapeError: in forward, for an input of other replicas, members or features.
    """

    def __init__(self, in_size: int, out_size: int, members: int) -> None:
        self.in_size = whole_number("BatchEnsemble: in_size", in_size)
        self.out_size = whole_number("BatchEnsemble: out_size", out_size)
        self.members = whole_number("BatchEnsemble: members", members)
        weight = xavier_normal(self.in_size, self.out_size)
        self.weight = Parameter((self.out_size, self.in_size), weight)
        self.in_factor = Parameter((self.members, self.in_size), Signs())
        self.out_factor = Parameter((self.members, self.out_size), Signs())
        self.bias = Parameter((self.members, self.out_size), Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(5, 3, 2), (2, 5), deviations={"weight": 0.5}),
            Example(cls(1, 1, 1), (1, 1)),
            Example(cls(3, 3, 3), (4, 3, 3)),
            Example(cls(2, 4, 3), (3, 2)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        expect_last(self, x, (self.members, self.in_size))
        expect_like(self, x, self.weight.value)
        of_rows = rows(self, x, 2)
        scaled = of_rows * self.in_factor.value.unsqueeze(-3)
        h = torch.einsum("...nmi,...oi->...nmo", scaled, self.weight.value)
        self.save(of_rows, h)
        y = (h * self.out_factor.value.unsqueeze(-3)).add_(self.bias.value.unsqueeze(-3))
        return y.reshape(*x.shape[:-1], self.out_size)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        x, h = self.saved()
        of_rows = rows(self, dy, 2)
        expect_gradient(self, of_rows, tuple(h.shape))
        self.bias.grad.add_(of_rows.sum(-3))
        self.out_factor.grad.add_((of_rows * h).sum(-3))
        dh = of_rows * self.out_factor.value.unsqueeze(-3)
        r = self.in_factor.value.unsqueeze(-3)
        self.weight.grad.add_(torch.einsum("...nmo,...nmi->...oi", dh, x * r))
        # h = (x ∘ r) wᵀ, so ∂h/∂(x ∘ r) = w
        scaled = torch.einsum("...nmo,...oi->...nmi", dh, self.weight.value)
        self.in_factor.grad.add_((scaled * x).sum(-3))
        return (scaled * r).reshape(*dy.shape[:-1], self.in_size)

    def output_shape(self, input_shape: Shape | None) -> Shape:
        if input_shape is None:
            return (self.members, self.out_size)
        if input_shape[-2:] != (self.members, self.in_size):
            raise ShapeError(
                f"{self!r} takes features ending in ({self.members}, {self.in_size}), "
                f"got {input_shape}"
            )
        return (*input_shape[:-1], self.out_size)

    def export(self, graph: Graph, x: str) -> str:
        scaled = graph.add("Mul", x, graph.constant(self.in_factor))
        turned = graph.add("Transpose", graph.constant(self.weight), perm=[1, 0])
        h = graph.add("MatMul", scaled, turned)
        y = graph.add("Mul", h, graph.constant(self.out_factor))
        return graph.add("Add", y, graph.constant(self.bias))
