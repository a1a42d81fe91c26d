"""Flatten: all features on one axis."""

from __future__ import annotations

from math import prod

from torch import Tensor

from coreframe import Example, Graph, Module, Shape
from coreframe_composition.outline import outline

__all__ = ["Flatten"]


class Flatten(Module):
    """Joins the axes of the features into one; replicas and batch stay.

    yᵢ = x_j for the i-th index j in row-major order,  dx = dy in the shape of x

    Shapes: x (*replicas, batch, *features) → y (*replicas, batch, Π features); without features,
    (batch,) → (batch, 1).
    Source: ONNX operator Flatten, axis 1.
    """

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[[1.0, 2.0], [3.0, 4.0]]], [[1.0, 2.0, 3.0, 4.0]])]
        return [
            Example(cls(), (2, 2), known=known),
            Example(cls(), (3, 1, 2)),
            Example(cls(), (4,)),
            Example(cls(), ()),
        ]

    def forward(self, x: Tensor) -> Tensor:
        self.save(outline(x))
        kept = len(self.replicas) + 1
        # The product, since reshape cannot infer an axis of an empty batch.
        return x.reshape(*x.shape[:kept], prod(x.shape[kept:]))

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        return dy.reshape(x.shape)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return None if input_shape is None else (prod(input_shape),)

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Flatten", x, axis=1)
