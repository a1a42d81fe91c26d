"""Repeat: a layer several times, each with parameters of its own."""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor

from coreframe import ArgumentError, Example, Graph, Module, Sequential, Shape, create, whole_number

__all__ = ["Repeat"]


class Repeat(Module):
    """A chain of several layers of the same spec, each with parameters of its own.

    y = fₙ(… f₂(f₁(x))),  dx = J₁ᵀ J₂ᵀ … Jₙᵀ dy, where Jᵢ is the Jacobian of fᵢ

    `Repeat(Residual(Sequential(Linear(8, 8), ReLU)), 4)` is a deep network in a line. Its
    parameters are those of a chain: `chain.0.layer.0.weight`. One layer whose parameters are
    shared is `Sequential(layer, layer)`, made by hand.

    Shapes: x as the layer takes it → y as the layer gives it; it must take what it gives.
    Source: the chain rule; the report, §II.A.3.

    Args:
        layer: the first of them, without values yet; the others are copies of it.
        times: how many there are, at least one.

    Raises:
        ArgumentError: if the layer is no module or holds values, which its copies would share, or
            `times` is no positive integer.
    """

    def __init__(self, layer: Module, times: int) -> None:
        if not isinstance(layer, Module):
            raise ArgumentError(f"Repeat: the layer must be a module, got {layer!r}")
        if any(parameter.is_bound for parameter in layer.param()):
            raise ArgumentError(
                f"Repeat draws the values of each layer, and {layer!r} holds some already; pass "
                "its spec, or a new one"
            )
        copies = [copy.deepcopy(layer) for _ in range(whole_number("Repeat: times", times) - 1)]
        # The layer itself is the first, so that the spec follows where its settings change.
        self.chain = Sequential(layer, *copies)

    @classmethod
    def examples(cls) -> list[Example]:
        # By name, since no plugin imports the layers of another.
        texts = ("Sequential(Linear(3, 3), Tanh)", "Residual(ReLU)", "Linear(2, 2)")
        layer, doubled, linear = (create("module", text) for text in texts)
        known = [([[-1.0, 2.0]], [[-1.0, 16.0]])]  # doubled three times where positive
        return [
            Example(cls(layer, 3), (3,)),
            Example(cls(doubled, 3), (2,), known=known),
            Example(cls(linear, 1), (4, 2)),
        ]

    def forward(self, x: Tensor) -> Any:
        return self.chain.forward(x)

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        layer = self.chain
        return layer.backward(*gradwrtoutput)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        self.chain.backward_parameters(*gradwrtoutput)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return self.chain.output_shape(input_shape)

    def export(self, graph: Graph, x: str) -> Any:
        return self.chain.export(graph, x)
