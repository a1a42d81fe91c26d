"""Softmax: numbers made into probabilities."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph
from coreframe_activations.last_axis import LastAxis

__all__ = ["Softmax"]


class Softmax(LastAxis):
    """Softmax over the last axis.

    yᵢ = e^xᵢ / Σⱼ e^xⱼ,  dx = y ⊙ (dy − Σⱼ yⱼ dyⱼ)

    The derivative is ∂yᵢ/∂xⱼ = yᵢ ([i = j] − yⱼ).

    Shapes: x (*, features) → y (*, features).
    Source: Bridle 1990, Probabilistic interpretation of feedforward classification network
    outputs.

    Raises:
        ShapeError: for an input without features.
    """

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[0.0, 1.0986122886681098], [1000.0, 1000.0]], [[0.25, 0.75], [0.5, 0.5]])]
        return [Example(cls(), (4,), known=known), Example(cls(), (3, 2)), Example(cls(), (1,))]

    def function(self, x: Tensor) -> Tensor:
        return x.softmax(-1)

    def gradient(self, y: Tensor, dy: Tensor) -> Tensor:
        dx = y * dy
        return dx.addcmul_(y, dx.sum(-1, keepdim=True), value=-1)

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Softmax", x, axis=-1)
