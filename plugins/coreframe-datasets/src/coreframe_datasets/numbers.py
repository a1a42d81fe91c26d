"""Numbers of a dataset's arguments, checked."""

from __future__ import annotations

import operator
from math import isfinite

from coreframe import ArgumentError

__all__ = ["at_least", "finite_number"]


def at_least(least: int, name: str, number: object) -> int:
    """An integer of `least` or more; numpy's and torch's are taken, too.

    Raises:
        ArgumentError: naming the argument; a bool is no integer.
    """
    try:
        whole = operator.index(number)  # type: ignore[arg-type]  # what is no integer is caught
    except TypeError:
        whole = least - 1
    if isinstance(number, bool) or whole < least:
        raise ArgumentError(f"{name} must be an integer of {least} or more, got {number!r}")
    return whole


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
