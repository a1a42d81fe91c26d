"""SiLU: the sigmoid linear unit, or swish."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph
from coreframe_activations.elementwise import Elementwise

__all__ = ["SiLU"]


class SiLU(Elementwise):
    """Sigmoid linear unit, elementwise.

    y = x σ(x),  dx = dy · σ (1 + x (1 − σ)), where σ(x) = 1 / (1 + e⁻ˣ)

    Shapes: x (*, features) → y (*, features).
    Source: Elfwing et al. 2018, Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning.
    """

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 2.0]], [[-0.268941421, 0.0, 1.761594156]])]
        return [Example(cls(), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def function(self, x: Tensor) -> Tensor:
        return x.sigmoid().mul_(x)

    def slope(self, kept: Tensor) -> Tensor:
        gate = kept.sigmoid()
        return (1 - gate).mul_(kept).add_(1).mul_(gate)

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Mul", x, graph.add("Sigmoid", x))
