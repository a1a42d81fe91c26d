"""Sigmoid: the logistic function."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph
from coreframe_activations.elementwise import Elementwise

__all__ = ["Sigmoid"]


class Sigmoid(Elementwise):
    """Logistic function, elementwise.

    y = S(x) = 1 / (1 + e⁻ˣ),  dx = dy · y · (1 − y)

    Shapes: x (*, features) → y (*, features).
    Source: the report, §II.B.3; LeCun et al. 1998, Efficient BackProp, §4.4.
    """

    slope_of_output = True

    @staticmethod
    def sigmoid(x: Tensor) -> Tensor:
        """S(x) = 1 / (1 + e⁻ˣ), without overflow for large −x."""
        return x.sigmoid()

    @staticmethod
    def derivative(x: Tensor) -> Tensor:
        """d/dx S(x) = S(x) · (1 − S(x))."""
        return _slope(x.sigmoid())

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 2.0]], [[0.268941421, 0.5, 0.880797078]])]
        return [Example(cls(), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def function(self, x: Tensor) -> Tensor:
        return self.sigmoid(x)

    def slope(self, kept: Tensor) -> Tensor:
        return _slope(kept)

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Sigmoid", x)


def _slope(y: Tensor) -> Tensor:
    """The derivative, by the output: y · (1 − y)."""
    return (1 - y).mul_(y)
