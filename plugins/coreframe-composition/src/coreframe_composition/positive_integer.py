"""positive_integer: a size or a count, checked."""

from __future__ import annotations

import operator

from coreframe import ArgumentError

__all__ = ["positive_integer"]


def positive_integer(name: str, number: object) -> int:
    """The number in Python's own integers; numpy's and torch's are taken, too.

    Raises:
        ArgumentError: if it is none, or not positive; a bool is none.
    """
    try:
        whole = operator.index(number)  # type: ignore[arg-type]  # what is no integer is caught
    except TypeError:
        whole = 0
    if isinstance(number, bool) or whole < 1:
        raise ArgumentError(f"{name} must be a positive integer, got {number!r}")
    return whole
