"""FillMissing: numbers in place of those that are missing."""

from __future__ import annotations

from math import nan

import torch
from torch import Tensor

from coreframe import Buffer, Example, Graph, Module, Shape

__all__ = ["FillMissing"]


class FillMissing(Module):
    """A number for each feature, where it is missing.

    y = f where x is NaN, else x,  dx = dy where x is a number, else 0

    Shapes: x (*replicas, batch, features) → y likewise; fill (features,).

    Args:
        features: how many there are.
    """

    def __init__(self, features: int) -> None:
        self.fill = Buffer((features,))

    @classmethod
    def examples(cls) -> list[Example]:
        filling = cls(2).initialize(seed=0)
        filling.fill.value = torch.tensor([3.0, 4.0])
        return [
            Example(filling, (2,), known=[([[nan, 1.0], [2.0, nan]], [[3.0, 1.0], [2.0, 4.0]])])
        ]

    def forward(self, x: Tensor) -> Tensor:
        missing = x.isnan()
        self.save(missing)
        return torch.where(missing, self.fill.value.unsqueeze(-2).to(x.dtype), x)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (missing,) = self.saved()
        return dy.masked_fill(missing, 0.0)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Where", graph.add("IsNaN", x), graph.constant(self.fill), x)
