"""SELU: the scaled exponential linear unit."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph
from coreframe_activations.elementwise import Elementwise
from coreframe_activations.exponential_branch import exponential_branch, slope_by_output

__all__ = ["SELU"]

ALPHA = 1.6732632423543772
SCALE = 1.0507009873554805


class SELU(Elementwise):
    """Scaled exponential linear unit, elementwise.

    y = λ x where x > 0, else λ α (eˣ − 1),  dx = dy · (λ where x > 0, else y + λ α)

    With α = 1.67326… and λ = 1.05070… unit normals keep mean 0 and variance 1.

    Shapes: x (*, features) → y (*, features).
    Source: Klambauer et al. 2017, Self-normalizing neural networks.
    """

    slope_of_output = True

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 1.0]], [[-1.11133074, 0.0, 1.05070099]])]
        return [Example(cls(), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def function(self, x: Tensor) -> Tensor:
        return exponential_branch(x, SCALE * ALPHA, SCALE)

    def slope(self, kept: Tensor) -> Tensor:
        return slope_by_output(kept, SCALE * ALPHA, SCALE)

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Selu", x, alpha=ALPHA, gamma=SCALE)
