"""ELU: the exponential linear unit."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph, Hyperparameter, Setting
from coreframe_activations.elementwise import Elementwise
from coreframe_activations.exponential_branch import exponential_branch, slope_by_output

__all__ = ["ELU"]


class ELU(Elementwise):
    """Exponential linear unit, elementwise.

    y = x where x > 0, else α (eˣ − 1),  dx = dy · (1 where x > 0, else y + α)

    Shapes: x (*, features) → y (*, features).
    Source: Clevert et al. 2016, Fast and accurate deep network learning by exponential linear
    units.

    Args:
        alpha: α, at least 0; one number or one per replica.

    Raises:
        ArgumentError: if α is negative or not finite.
    """

    slope_of_output = True

    alpha = Hyperparameter()

    def __init__(self, alpha: Setting = 1.0) -> None:
        self.alpha = alpha

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 2.5]], [[-0.632120559, 0.0, 2.5]])]  # e⁻¹ − 1
        return [
            Example(cls(), (3,), known=known),
            Example(cls(0.5), (2, 5), known=[([[[-1.0]]], [[[-0.3160602794]]])]),
            Example(cls(1.5), ()),
        ]

    def function(self, x: Tensor) -> Tensor:
        return exponential_branch(x, self.expand(self.alpha, x))

    def slope(self, kept: Tensor) -> Tensor:
        return slope_by_output(kept, self.expand(self.alpha, kept))

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Elu", x, alpha=self.alpha)
