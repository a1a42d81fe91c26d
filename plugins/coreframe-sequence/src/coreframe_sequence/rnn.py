"""RNN: the simple recurrent layer."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Constant,
    Example,
    Graph,
    Module,
    Parameter,
    Shape,
    whole_number,
    xavier_normal,
)
from coreframe_sequence.projection import add_product
from coreframe_sequence.twin_biases import TWIN_NAMES, join_biases, split_bias
from coreframe_sequence.unrolling import (
    add_unrolled_gradients,
    expect_sequence,
    export_recurrent,
    input_gradients,
    input_products,
    output_gradients,
    recurrent_output_shape,
    start,
)

__all__ = ["RNN"]


class RNN(Module):
    """The simple recurrent layer, unrolled over the whole sequence.

    hₜ = f(w xₜ + u hₜ₋₁ + b),  h₀ = 0,  f = tanh or ReLU

    daₜ = f′ · (dyₜ + uᵀ daₜ₊₁),  dw = Σ daₜ xₜᵀ,  du = Σ daₜ hₜ₋₁ᵀ,  db = Σ daₜ,  dxₜ = wᵀ daₜ

    Shapes: x (*, batch, length, in_size) → h (*, batch, length, hidden), or the last step's
    (*, batch, hidden); input_weight w (hidden, in_size), recurrent_weight u (hidden, hidden),
    bias b (hidden,).
    Weights start Xavier normal, of each product of `hidden` numbers; the bias starts at zero.
    Source: Elman 1990, Finding structure in time; Werbos 1990, Backpropagation through time.

    Args:
        in_size: features of each step.
        hidden: features of the hidden state.
        nonlinearity: f.
        last: whether to give the last step's state only.

    Raises:
        ArgumentError: for sizes that are not positive integers, or another nonlinearity.
        ShapeError: in forward, for no steps, or other features or replicas.
    """

    torch_names = TWIN_NAMES

    def __init__(
        self,
        in_size: int,
        hidden: int,
        *,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        last: bool = False,
    ) -> None:
        self.in_size = in_size = whole_number("RNN: in_size", in_size)
        self.hidden = hidden = whole_number("RNN: hidden", hidden)
        if nonlinearity not in ("tanh", "relu"):
            raise ArgumentError(f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        self.last = last
        self.input_weight = Parameter((hidden, in_size), xavier_normal(in_size, hidden))
        self.recurrent_weight = Parameter((hidden, hidden), xavier_normal(hidden, hidden))
        self.bias = Parameter((hidden,), Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(2, 3), (4, 2)),
            Example(cls(3, 3, last=True), (3, 3)),
            Example(cls(3, 2, nonlinearity="relu"), (4, 3)),
            Example(cls(1, 1), (1, 1)),
        ]

    def to_torch(self, own: dict[str, Tensor]) -> dict[str, Tensor]:
        return split_bias(super().to_torch(own))

    def from_torch(self, twin: dict[str, Tensor]) -> dict[str, Tensor]:
        return super().from_torch(join_biases(twin))

    def forward(self, x: Tensor) -> Tensor:
        expect_sequence(self, x, self.in_size)
        products = input_products(x, self.input_weight.value, self.bias.value)
        states = start(products, self.hidden)
        u = self.recurrent_weight.value.mT
        for a, before, after in zip(products, states, states[1:], strict=False):
            add_product(before, u, a)
            after.copy_(a.tanh_() if self.nonlinearity == "tanh" else a.relu_())
        self.save(x, states)
        return states[-1] if self.last else states[1:].movedim(0, -2)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        x, rows = self._add_gradients(*gradwrtoutput)
        return input_gradients(rows, x, self.input_weight.value)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        self._add_gradients(*gradwrtoutput)

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, Tensor]:
        """Gives the input and the gradient of its product, as rows."""
        x, states = self.saved()
        after = states[1:]
        slopes = 1 - after * after if self.nonlinearity == "tanh" else (after > 0).to(after)
        u = self.recurrent_weight.value
        passed = torch.zeros_like(states[0])  # uᵀ daₜ₊₁
        outside = output_gradients(dy, len(after), last=self.last)
        for da, dh in zip(reversed(slopes.unbind(0)), reversed(outside), strict=True):
            da.mul_(passed if dh is None else passed.add_(dh))
            passed = torch.matmul(da, u)
        rows = add_unrolled_gradients(slopes, x, self.input_weight, self.bias)
        before = states[:-1].movedim(0, -2).flatten(-3, -2)
        add_product(rows.mT, before, self.recurrent_weight.grad)
        return x, rows

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return recurrent_output_shape(self, input_shape, self.in_size, self.hidden, self.last)

    def export(self, graph: Graph, x: str) -> str:
        return export_recurrent(
            graph,
            "RNN",
            x,
            self.input_weight.value,
            self.recurrent_weight.value,
            [self.bias.value, torch.zeros_like(self.bias.value)],
            last=self.last,
            activations=[self.nonlinearity.capitalize()],
        )
