"""HardTanh: the identity between two bounds."""

from __future__ import annotations

from math import isfinite

from torch import Tensor

from coreframe import ArgumentError, Example, Graph
from coreframe_activations.elementwise import Elementwise

__all__ = ["HardTanh"]


class HardTanh(Elementwise):
    """Piecewise linear tanh, elementwise.

    y = min(max(x, a), b),  dx = dy · [a < x < b]

    The derivative at the bounds is taken to be 0.

    Shapes: x (*, features) → y (*, features).
    Source: Collobert 2004, Large scale machine learning, §2.

    Args:
        min_val: a.
        max_val: b.

    Raises:
        ArgumentError: unless a < b, both finite.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        if not (isfinite(min_val) and isfinite(max_val) and min_val < max_val):
            raise ArgumentError(
                f"HardTanh: min_val must be below max_val, both finite, got {min_val} and {max_val}"
            )
        self.min_val, self.max_val = min_val, max_val

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-2.0, 0.5, 3.0]], [[-1.0, 0.5, 1.0]])]
        return [
            Example(cls(), (3,), known=known),
            Example(cls(min_val=-0.3, max_val=0.7), (2, 5)),
            Example(cls(), ()),
        ]

    def function(self, x: Tensor) -> Tensor:
        return x.clamp(self.min_val, self.max_val)

    def slope(self, kept: Tensor) -> Tensor:
        # x cannot be below both bounds' lower and above the upper one, so at most one sign is −1.
        above = (kept - self.min_val).sign_()
        return above.mul_((self.max_val - kept).sign_()).clamp_(min=0)

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Clip", x, graph.constant(self.min_val), graph.constant(self.max_val))
