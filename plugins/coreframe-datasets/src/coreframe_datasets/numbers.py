"""Numbers of a dataset's arguments, checked."""

from __future__ import annotations

from math import isfinite

from coreframe import ArgumentError

__all__ = ["finite_number"]


def finite_number(name: str, number: object, *, positive: bool = False) -> float:
    """A finite number, zero or more, or more than zero.

    Raises:
        ArgumentError: naming the argument.
    """
    value = float(number) if isinstance(number, int | float) else -1.0
    if isinstance(number, bool) or not isfinite(value) or value < 0 or (positive and value == 0):
        kind = "positive" if positive else "at least 0"
        raise ArgumentError(f"{name} must be a finite number, {kind}, got {number!r}")
    return value
