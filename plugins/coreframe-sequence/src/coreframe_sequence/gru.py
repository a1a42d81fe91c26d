"""GRU: the gated recurrent unit."""

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
from coreframe_sequence.twin_biases import TWIN_NAMES
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

__all__ = ["GRU"]


class GRU(Module):
    """Gated recurrent unit, unrolled over the whole sequence.

    r, z = σ(w xₜ + u hₜ₋₁ + b),  m = uₙ hₜ₋₁ + c,  n = tanh(wₙ xₜ + bₙ + r m),  h₀ = 0

    hₜ = n + z (hₜ₋₁ − n)

    dz = dhₜ (hₜ₋₁ − n) z (1 − z),  dn = dhₜ (1 − z) (1 − n²),  dm = dn r,  dr = dn m r (1 − r),
    dhₜ₋₁ = dyₜ₋₁ + dhₜ z + uᵀ (dr, dz, dm)

    Shapes: x (*, batch, length, in_size) → h (*, batch, length, hidden), or the last step's
    (*, batch, hidden); input_weight w (3 hidden, in_size), recurrent_weight u (3 hidden, hidden),
    bias b (3 hidden,) in the order r, z, n; recurrent_bias c (hidden,).
    Weights start Xavier normal, of each product of `hidden` numbers; the biases start at zero.
    Source: Cho et al. 2014, Learning phrase representations; the reset gate after the product, as
    in cuDNN and ONNX (linear_before_reset).

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
        self.in_size = in_size = whole_number("GRU: in_size", in_size)
        self.hidden = hidden = whole_number("GRU: hidden", hidden)
        self.last = last
        self.input_weight = Parameter((3 * hidden, in_size), xavier_normal(in_size, hidden))
        self.recurrent_weight = Parameter((3 * hidden, hidden), xavier_normal(hidden, hidden))
        self.bias = Parameter((3 * hidden,), Constant(0.0))
        self.recurrent_bias = Parameter((hidden,), Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(2, 4), (4, 2)),
            Example(cls(3, 3, last=True), (3, 3)),
            Example(cls(1, 1), (1, 1)),
        ]

    def to_torch(self, own: dict[str, Tensor]) -> dict[str, Tensor]:
        # torch has two biases everywhere; for r and z they are one sum, whose second part is zero
        second = torch.zeros_like(own["bias"])
        second[2 * self.hidden :] = own["recurrent_bias"]
        names = {name: value for name, value in own.items() if name != "recurrent_bias"}
        return super().to_torch(names) | {"bias_hh_l0": second}

    def from_torch(self, twin: dict[str, Tensor]) -> dict[str, Tensor]:
        own = super().from_torch(twin)
        second = own.pop("bias_hh_l0")
        bias, n = own["bias"].clone(), 2 * self.hidden
        bias[:n] += second[:n]
        return own | {"bias": bias, "recurrent_bias": second[n:]}

    def forward(self, x: Tensor) -> Tensor:
        expect_sequence(self, x, self.in_size)
        # Overwritten, step by step, by the gates' values.
        gates = input_products(x, self.input_weight.value, self.bias.value)
        states = start(gates, self.hidden)
        kept = torch.empty_like(states[1:])  # m
        u, c = self.recurrent_weight.value.mT, self.recurrent_bias.value.unsqueeze(-2)
        for t, a in enumerate(gates.unbind(0)):
            products = torch.matmul(states[t], u)
            torch.add(products[..., 2 * self.hidden :], c, out=kept[t])
            both = a[..., : 2 * self.hidden]
            both.add_(products[..., : 2 * self.hidden]).sigmoid_()
            r, z, n = a.chunk(3, -1)
            n.addcmul_(r, kept[t]).tanh_()
            torch.sub(states[t], n, out=states[t + 1]).mul_(z).add_(n)
        self.save(x, states, kept, gates)
        return states[-1] if self.last else states[1:].movedim(0, -2)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        x, rows = self._add_gradients(*gradwrtoutput)
        return input_gradients(rows, x, self.input_weight.value)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        self._add_gradients(*gradwrtoutput)

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, Tensor]:
        """Gives the input and the gradient of its product, as rows."""
        x, states, kept, gates = self.saved()
        gradients = torch.empty_like(gates)  # of the products with x; those with h differ in n
        recurrent = torch.empty_like(gates)
        u = self.recurrent_weight.value
        passed = torch.zeros_like(states[0])
        outside = output_gradients(dy, len(gates), last=self.last)
        for t in range(len(gates) - 1, -1, -1):
            r, z, n = gates[t].chunk(3, -1)
            dr, dz, dn = gradients[t].chunk(3, -1)
            given = outside[t]
            dh = passed if given is None else passed.add_(given)
            torch.sub(states[t], n, out=dz).mul_(dh).mul_(z).mul_(1 - z)
            torch.mul(dh, 1 - z, out=dn).mul_(1 - n * n)
            torch.mul(dn, kept[t], out=dr).mul_(r).mul_(1 - r)
            recurrent[t].copy_(gradients[t])
            recurrent[t][..., 2 * self.hidden :].mul_(r)  # dm
            passed = add_product(recurrent[t], u, dh * z)
        rows = add_unrolled_gradients(gradients, x, self.input_weight, self.bias)
        recurrent_rows = recurrent.movedim(0, -2).flatten(-3, -2)
        before = states[:-1].movedim(0, -2).flatten(-3, -2)
        add_product(recurrent_rows.mT, before, self.recurrent_weight.grad)
        self.recurrent_bias.grad.add_(recurrent_rows[..., 2 * self.hidden :].sum(-2))
        return x, rows

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return recurrent_output_shape(self, input_shape, self.in_size, self.hidden, self.last)

    def export(self, graph: Graph, x: str) -> str:
        def turned(gates: Tensor) -> Tensor:  # from our order to z, r, n
            r, z, n = gates.chunk(3)
            return torch.cat([z, r, n])

        bias, c = turned(self.bias.value), self.recurrent_bias.value
        return export_recurrent(
            graph,
            "GRU",
            x,
            turned(self.input_weight.value),
            turned(self.recurrent_weight.value),
            [bias, torch.cat([c.new_zeros(2 * self.hidden), c])],
            last=self.last,
            linear_before_reset=1,
        )
