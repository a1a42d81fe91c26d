"""class_indices: targets that name a class, and the outputs of the classes they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from coreframe import ArgumentError, Loss, ShapeError

__all__ = ["expect_class_indices", "expect_classes", "of_named_class", "one_hot"]


def expect_classes(loss: Loss, pred: Tensor) -> None:
    """Raise `ShapeError` unless outputs are `(*replicas, batch, *positions, classes)`."""
    loss.expect_replicas(pred)
    features = pred.shape[len(loss.replicas) + 1 :]
    if not features or not features[-1]:
        raise ShapeError(
            f"{loss!r} needs outputs (*replicas, batch, *positions, classes) of at least one "
            f"class, got {tuple(pred.shape)}"
        )


def expect_class_indices(loss: Loss, pred: Tensor, actual: Tensor) -> None:
    """Raise unless there is one class index for each row of the outputs.

    Raises:
        ShapeError: for other shapes.
        ArgumentError: for indices that are not int64.
    """
    expect_classes(loss, pred)
    if actual.shape != pred.shape[:-1]:
        raise ShapeError(
            f"{loss!r} needs class indices {tuple(pred.shape[:-1])} for outputs "
            f"{tuple(pred.shape)}, got {tuple(actual.shape)}"
        )
    if actual.dtype != torch.int64:
        raise ArgumentError(f"{loss!r} needs class indices of int64, got {actual.dtype}")


def of_named_class(loss: Loss, rows: Tensor, actual: Tensor) -> Tensor:
    """From each row `(*, classes)` the element of the class in `actual` `(*)`; gives `(*, 1)`.

    Raises:
        ArgumentError: for an index that names no class.
    """
    with _naming_wrong_index(loss, rows, actual):
        return rows.gather(-1, actual.unsqueeze(-1))


def one_hot(loss: Loss, rows: Tensor, actual: Tensor) -> Tensor:
    """Rows like those given, with one at the class in `actual` and zero elsewhere.

    Raises:
        ArgumentError: for an index that names no class.
    """
    with _naming_wrong_index(loss, rows, actual):
        return torch.zeros_like(rows).scatter_(-1, actual.unsqueeze(-1), 1.0)


@contextmanager
def _naming_wrong_index(loss: Loss, rows: Tensor, actual: Tensor) -> Iterator[None]:
    """Where torch refuses an index, say which, and which there are."""
    try:
        yield
    except (IndexError, RuntimeError) as error:
        # Looked at only now: to do so beforehand would take longer than the loss.
        classes = rows.shape[-1]
        outside = actual[(actual < 0) | (actual >= classes)]
        if not outside.numel():
            raise
        raise ArgumentError(
            f"{loss!r} got the class index {int(outside[0])}; of {classes} classes the indices "
            f"go from 0 to {classes - 1}"
        ) from error
