"""A size: an argument that must be a positive integer."""

from __future__ import annotations

import operator

from coreframe import ArgumentError

__all__ = ["positive_integer"]


def positive_integer(owner: str, name: str, size: object) -> int:
    """The size as Python's own integer.

    Raises:
        ArgumentError: if it is anything else than a positive integer.
    """
    try:
        whole = operator.index(size)  # type: ignore[arg-type]  # what is no integer is caught
    except TypeError:
        whole = 0
    if isinstance(size, bool) or whole < 1:
        raise ArgumentError(f"{owner}: {name} must be a positive integer, got {size!r}")
    return whole
