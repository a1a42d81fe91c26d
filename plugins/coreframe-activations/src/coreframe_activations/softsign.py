"""Softsign: a sigmoid with slowly falling tails."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph
from coreframe_activations.elementwise import Elementwise

__all__ = ["Softsign"]


class Softsign(Elementwise):
    """Softsign, elementwise.

    y = x / (1 + |x|),  dx = dy / (1 + |x|)²

    Shapes: x (*, features) → y (*, features).
    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward
    neural networks, §3.1.
    """

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 3.0]], [[-0.5, 0.0, 0.75]])]
        return [Example(cls(), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def function(self, x: Tensor) -> Tensor:
        return x / x.abs().add_(1)

    def slope(self, kept: Tensor) -> Tensor:
        return kept.abs().add_(1).reciprocal_().square_()

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Softsign", x)
