"""LSTM: long short-term memory."""

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

__all__ = ["LSTM"]


class LSTM(Module):
    """Long short-term memory, unrolled over the whole sequence.

    i, f, g, o = w xₜ + u hₜ₋₁ + b, through σ, σ, tanh and σ;  h₀ = c₀ = 0

    cₜ = f cₜ₋₁ + i g,  hₜ = o tanh(cₜ)

    dcₜ = dhₜ o (1 − tanh²(cₜ)) + fₜ₊₁ dcₜ₊₁;  di = dcₜ g,  df = dcₜ cₜ₋₁,  dg = dcₜ i,
    do = dhₜ tanh(cₜ), each times the slope of its function;  dhₜ = dyₜ + uᵀ daₜ₊₁

    Shapes: x (*, batch, length, in_size) → h (*, batch, length, hidden), or the last step's
    (*, batch, hidden); input_weight w (4 hidden, in_size), recurrent_weight u (4 hidden, hidden),
    bias b (4 hidden,) in the order i, f, g, o.
    Weights start Xavier normal, of each product of `hidden` numbers; the bias starts at zero.
    Source: Hochreiter and Schmidhuber 1997, Long short-term memory; Gers et al. 2000 (forget gate).

    Args:
        in_size: features of each step.
        hidden: features of the hidden state.
        last: whether to give the last step's state only.

    Raises:
        ArgumentError: for sizes that are not positive integers.
        ShapeError: in forward, for no steps, or other features or replicas.
    """

    torch_names = TWIN_NAMES

    def __init__(self, in_size: int, hidden: int, *, last: bool = False) -> None:
        self.in_size = in_size = whole_number("LSTM: in_size", in_size)
        self.hidden = hidden = whole_number("LSTM: hidden", hidden)
        self.last = last
        self.input_weight = Parameter((4 * hidden, in_size), xavier_normal(in_size, hidden))
        self.recurrent_weight = Parameter((4 * hidden, hidden), xavier_normal(hidden, hidden))
        self.bias = Parameter((4 * hidden,), Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(2, 5), (4, 2)),
            Example(cls(3, 3, last=True), (3, 3)),
            Example(cls(1, 1), (1, 1)),
        ]

    def to_torch(self, own: dict[str, Tensor]) -> dict[str, Tensor]:
        return split_bias(super().to_torch(own))

    def from_torch(self, twin: dict[str, Tensor]) -> dict[str, Tensor]:
        return super().from_torch(join_biases(twin))

    def forward(self, x: Tensor) -> Tensor:
        expect_sequence(self, x, self.in_size)
        products = input_products(x, self.input_weight.value, self.bias.value)
        gates = products  # overwritten, step by step, by the gates' values
        states, cells = start(products, self.hidden), start(products, self.hidden)
        u = self.recurrent_weight.value.mT
        for t, a in enumerate(gates.unbind(0)):
            add_product(states[t], u, a)
            i, f, g, o = a.chunk(4, -1)
            a[..., : 2 * self.hidden].sigmoid_()
            g.tanh_()
            o.sigmoid_()
            torch.mul(f, cells[t], out=cells[t + 1]).addcmul_(i, g)
            torch.mul(o, cells[t + 1].tanh(), out=states[t + 1])
        self.save(x, states, cells, gates)
        return states[-1] if self.last else states[1:].movedim(0, -2)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        x, rows = self._add_gradients(*gradwrtoutput)
        return input_gradients(rows, x, self.input_weight.value)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        self._add_gradients(*gradwrtoutput)

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, Tensor]:
        """Gives the input and the gradient of its product, as rows."""
        x, states, cells, gates = self.saved()
        squashed = cells[1:].tanh()
        gradients = torch.empty_like(gates)
        u = self.recurrent_weight.value
        passed, dc = torch.zeros_like(states[0]), torch.zeros_like(states[0])
        outside = output_gradients(dy, len(gates), last=self.last)
        for t in range(len(gates) - 1, -1, -1):
            i, f, g, o = gates[t].chunk(4, -1)
            di, df, dg, do = gradients[t].chunk(4, -1)
            given = outside[t]
            dh = passed if given is None else passed.add_(given)
            torch.mul(dh, squashed[t], out=do).mul_(o).mul_(1 - o)
            dc.addcmul_(dh.mul_(o), 1 - squashed[t] * squashed[t])
            torch.mul(dc, g, out=di).mul_(i).mul_(1 - i)
            torch.mul(dc, cells[t], out=df).mul_(f).mul_(1 - f)
            torch.mul(dc, i, out=dg).mul_(1 - g * g)
            dc.mul_(f)  # what reaches the cell of the step before
            passed = torch.matmul(gradients[t], u)
        rows = add_unrolled_gradients(gradients, x, self.input_weight, self.bias)
        before = states[:-1].movedim(0, -2).flatten(-3, -2)
        add_product(rows.mT, before, self.recurrent_weight.grad)
        return x, rows

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return recurrent_output_shape(self, input_shape, self.in_size, self.hidden, self.last)

    def export(self, graph: Graph, x: str) -> str:
        def turned(gates: Tensor) -> Tensor:  # from our order to i, o, f, g
            i, f, g, o = gates.chunk(4)
            return torch.cat([i, o, f, g])

        bias = turned(self.bias.value)
        return export_recurrent(
            graph,
            "LSTM",
            x,
            turned(self.input_weight.value),
            turned(self.recurrent_weight.value),
            [bias, torch.zeros_like(bias)],
            last=self.last,
        )
