"""Sizes: the checked arguments of normalization layers."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from coreframe import ArgumentError

__all__ = ["positive_eps", "positive_size", "trailing_shape"]


def positive_size(layer: str, name: str, size: object) -> int:
    """A positive integer.

    Raises:
        ArgumentError: naming layer and argument.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ArgumentError(f"{layer}: {name} must be a positive integer, got {size!r}")
    return size


def trailing_shape(layer: str, size: int | Sequence[int]) -> tuple[int, ...]:
    """The last axes as a shape: one number is one axis.

    Raises:
        ArgumentError: unless these are one or more positive integers.
    """
    axes = tuple(size) if isinstance(size, list | tuple) else (size,)
    if not axes:
        raise ArgumentError(f"{layer}: size must name one axis at least, got {size!r}")
    return tuple(positive_size(layer, "size", axis) for axis in axes)


def positive_eps(layer: str, eps: float) -> float:
    """What is added to a variance.

    Raises:
        ArgumentError: unless it is positive and finite.
    """
    if not (isfinite(eps) and eps > 0):
        raise ArgumentError(f"{layer}: eps must be positive and finite, got {eps}")
    return eps
