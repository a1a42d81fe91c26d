"""number_between: a setting of a loss, checked."""

from __future__ import annotations

from math import isfinite
from numbers import Real

from coreframe import ArgumentError

__all__ = ["number_between"]


def number_between(name: str, value: object, bounds: str, *, least: float, below: float) -> float:
    """The number as a float.

    Raises:
        ArgumentError: if it is no finite number, under `least`, or not below `below`; the message
            says `bounds`.
    """
    # float() would take a string, and a bool is a number to Python.
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else below
    if not (isfinite(number) and least <= number < below):
        raise ArgumentError(f"{name} must be {bounds}, got {value!r}")
    return number
