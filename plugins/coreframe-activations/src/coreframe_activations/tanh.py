"""Tanh: the hyperbolic tangent."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph
from coreframe_activations.elementwise import Elementwise

__all__ = ["Tanh"]


class Tanh(Elementwise):
    """Hyperbolic tangent, elementwise.

    y = tanh(x),  dx = dy · (1 − y²)

    Shapes: x (*, features) → y (*, features).
    Source: the report, §II.B.2; LeCun et al. 1998, Efficient BackProp, §4.4.
    """

    slope_of_output = True

    @staticmethod
    def derivative(x: Tensor) -> Tensor:
        """d/dx tanh(x) = 1 − tanh²(x)."""
        return _slope(x.tanh())

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 0.5]], [[-0.761594156, 0.0, 0.462117157]])]
        return [Example(cls(), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def function(self, x: Tensor) -> Tensor:
        return x.tanh()

    def slope(self, kept: Tensor) -> Tensor:
        return _slope(kept)

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Tanh", x)


def _slope(y: Tensor) -> Tensor:
    """The derivative, by the output: 1 − y²."""
    return y.square().neg_().add_(1)
