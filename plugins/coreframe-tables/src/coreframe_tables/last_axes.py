"""The last axes of a table's tensors: whether they are what a layer takes, and rows of them."""

from __future__ import annotations

from torch import Tensor

from coreframe import ArgumentError, Module, Shape, ShapeError

__all__ = ["embedded_shape", "expect_gradient", "expect_last", "expect_like", "rows"]


def expect_last(layer: Module, x: Tensor, last: Shape) -> None:
    """Raise unless x is `(*replicas, batch, …, *last)`.

    Raises:
        ShapeError: naming the layer, and what it takes.
    """
    replicas = layer.replicas
    enough = x.dim() > len(replicas) + len(last)
    if not enough or x.shape[: len(replicas)] != replicas or x.shape[-len(last) :] != last:
        raise ShapeError(
            f"{layer.described} for replicas {replicas} takes (*replicas, batch, …, "
            f"{', '.join(map(str, last))}); it got {tuple(x.shape)}"
        )


def expect_like(layer: Module, x: Tensor, own: Tensor) -> None:
    """Raise unless x is of a parameter's dtype and on its device.

    Raises:
        ArgumentError: naming both.
    """
    for what, its in ((own.dtype, x.dtype), (own.device, x.device)):
        if what != its:
            raise ArgumentError(
                f"{layer.described} has weights of {what} and got a tensor of {its}; "
                f"convert it with to({what})"
            )


def expect_gradient(layer: Module, dy: Tensor, shape: Shape) -> None:
    """Raise unless the gradient has the shape of the output; a broadcast might fit.

    Raises:
        ShapeError: naming both.
    """
    if dy.shape != shape:
        raise ShapeError(
            f"{layer.described} got the gradient {tuple(dy.shape)} for outputs {tuple(shape)}"
        )


def rows(layer: Module, x: Tensor, axes: int) -> Tensor:
    """`(*replicas, rows, *last)`, the last so many axes kept: what is between joins the batch."""
    leading = len(layer.replicas)
    return x.flatten(leading, x.dim() - axes - 1)


def embedded_shape(layer: Module, columns: int, size: int, input_shape: Shape | None) -> Shape:
    """The output's features where each of the columns becomes `size` numbers.

    Raises:
        ShapeError: for another number of columns.
    """
    if input_shape is None:
        return (columns, size)
    if not input_shape or input_shape[-1] != columns:
        raise ShapeError(f"{layer!r} takes {columns} columns, got {input_shape}")
    return (*input_shape, size)
