"""Reshape: the features in another shape."""

from __future__ import annotations

from math import prod

from torch import Tensor

from coreframe import ArgumentError, Example, Graph, Module, Shape, ShapeError, whole_number
from coreframe_composition.outline import outline

__all__ = ["Reshape"]


class Reshape(Module):
    """Gives the features another shape; replicas and batch stay.

    y = the numbers of x in row-major order,  dx = dy in the shape of x

    Shapes: x (*replicas, batch, *features) → y (*replicas, batch, *shape).
    Source: ONNX operator Reshape.

    Args:
        shape: the features' new axes, positive; at most one may be −1, which stands for as many
            as are left. No axes at all make one feature none: `Reshape()` of (batch, 1) is (batch,).

    Raises:
        ArgumentError: if an axis is neither a positive integer nor −1, or several are −1.
        ShapeError: in forward, if the features have another number of elements.
    """

    def __init__(self, *shape: int) -> None:
        self.shape = tuple(_axis(size) for size in shape)
        if self.shape.count(-1) > 1:
            raise ArgumentError(f"Reshape: at most one axis may be -1, got {self.shape}")

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[1.0, 2.0, 3.0, 4.0]], [[[1.0, 2.0], [3.0, 4.0]]])]
        return [
            Example(cls(2, 2), (4,), known=known),
            Example(cls(3, -1), (2, 6)),
            Example(cls(6), (2, 3)),
            Example(cls(), (1,)),
            Example(cls(1, 1), ()),
        ]

    def forward(self, x: Tensor) -> Tensor:
        kept = len(self.replicas) + 1
        shape = self._filled(tuple(x.shape[kept:]))
        self.save(outline(x))
        return x.reshape(*x.shape[:kept], *shape)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        return dy.reshape(x.shape)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is not None:
            return self._filled(input_shape)
        return None if -1 in self.shape else self.shape

    def export(self, graph: Graph, x: str) -> str:
        shape = self._filled(graph.features(x))
        return graph.add("Reshape", x, graph.integers(0, *shape))  # 0: the batch as it is

    def _filled(self, features: Shape) -> Shape:
        """The new shape of such features, with a number for −1."""
        total = prod(features)
        known = prod(size for size in self.shape if size != -1)
        filled = tuple(total // known if size == -1 else size for size in self.shape)
        if prod(filled) != total:
            raise ShapeError(
                f"{self.described} cannot hold features {features}: these are {total} numbers"
            )
        return filled


def _axis(size: int) -> int:
    return -1 if size == -1 else whole_number("Reshape: an axis other than -1", size)
