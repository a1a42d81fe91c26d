"""LogSoftmax: the logarithm of the softmax."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph
from coreframe_activations.last_axis import LastAxis

__all__ = ["LogSoftmax"]


class LogSoftmax(LastAxis):
    """Logarithm of the softmax over the last axis.

    yᵢ = xᵢ − log Σⱼ e^xⱼ,  dx = dy − eʸ Σⱼ dyⱼ

    The derivative is ∂yᵢ/∂xⱼ = [i = j] − e^yⱼ. It is finite where the logarithm of a softmax that
    was rounded to zero is not.

    Shapes: x (*, features) → y (*, features).
    Source: Bridle 1990, as for Softmax.

    Raises:
        ShapeError: for an input without features.
    """

    @classmethod
    def examples(cls) -> list[Example]:
        known = [
            (
                [[0.0, 1.0986122886681098], [0.0, 1000.0]],
                [[-1.38629436, -0.287682072], [-1000.0, 0.0]],
            )
        ]
        return [Example(cls(), (4,), known=known), Example(cls(), (3, 2)), Example(cls(), (1,))]

    def function(self, x: Tensor) -> Tensor:
        return x.log_softmax(-1)

    def gradient(self, y: Tensor, dy: Tensor) -> Tensor:
        return dy - y.exp().mul_(dy.sum(-1, keepdim=True))

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("LogSoftmax", x, axis=-1)
