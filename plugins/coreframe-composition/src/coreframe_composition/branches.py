"""Branches: layers that each get the same input."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from coreframe import ArgumentError, Module, Shape, ShapeError
from coreframe_composition.added import added

__all__ = ["backward_of_each", "backward_parameters_of_each", "expect_branches", "shapes_of_each"]


def expect_branches(container: str, layers: Sequence[object]) -> None:
    """Raise unless these are modules, and at least one.

    Raises:
        ArgumentError: naming the container.
    """
    if not layers:
        raise ArgumentError(f"{container} needs at least one layer")
    for index, layer in enumerate(layers):
        if not isinstance(layer, Module):
            raise ArgumentError(f"{container}: layer {index} must be a module, got {layer!r}")


def backward_of_each(layers: Sequence[Module], gradients: Sequence[Tensor]) -> Tensor | None:
    """Each layer's backward, the last one's first, as the saved stack holds them.

    yᵢ = fᵢ(x), so dx = Σᵢ Jᵢᵀ dyᵢ: the input counts in every branch.
    """
    pairs = zip(reversed(layers), reversed(gradients), strict=True)
    return added(layer.backward(dy) for layer, dy in pairs)


def backward_parameters_of_each(layers: Sequence[Module], gradients: Sequence[Tensor]) -> None:
    """As `backward_of_each`, without the gradient of the input."""
    for layer, dy in zip(reversed(layers), reversed(gradients), strict=True):
        layer.backward_parameters(dy)


def shapes_of_each(layers: Sequence[Module], input_shape: Shape | None) -> list[Shape | None]:
    """What each layer's `output_shape` gives.

    Raises:
        ShapeError: naming the layer that cannot take such an input.
    """
    shapes: list[Shape | None] = []
    for index, layer in enumerate(layers):
        try:
            shapes.append(layer.output_shape(input_shape))
        except ShapeError as error:
            raise ShapeError(f"layer {index}: {error}") from None
    return shapes
