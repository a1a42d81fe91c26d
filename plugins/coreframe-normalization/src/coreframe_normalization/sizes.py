"""Sizes: the checked arguments of normalization layers."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from coreframe import ArgumentError, whole_number

__all__ = ["positive_eps", "trailing_shape"]


def trailing_shape(layer: str, size: int | Sequence[int]) -> tuple[int, ...]:
    """The last axes as a shape: one number is one axis.

    Raises:
        ArgumentError: unless these are one or more positive integers.
    """
    axes = tuple(size) if isinstance(size, list | tuple) else (size,)
    if not axes:
        raise ArgumentError(f"{layer}: size must name one axis at least, got {size!r}")
    return tuple(whole_number(f"{layer}: size", axis) for axis in axes)


def positive_eps(layer: str, eps: float) -> float:
    """What is added to a variance.

    Raises:
        ArgumentError: unless it is positive and finite.
    """
    if not (isfinite(eps) and eps > 0):
        raise ArgumentError(f"{layer}: eps must be positive and finite, got {eps}")
    return eps
