"""Sizes: pairs of whole numbers, as arguments of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from coreframe import ArgumentError, whole_number

__all__ = ["Pair", "Size", "pair"]

Size: TypeAlias = int | Sequence[int]
"""One number for both axes, or one for height and one for width."""

Pair: TypeAlias = tuple[int, int]


def pair(owner: str, name: str, value: object, minimum: int = 1) -> Pair:
    """Two integers of at least the minimum, for height and width; one number stands for both.

    Raises:
        ArgumentError: if they are none.
    """
    given = value if isinstance(value, list | tuple) else (value, value)
    try:
        height, width = (whole_number(name, number, minimum=minimum) for number in given)
    except ValueError:  # an ArgumentError, or another count than two
        raise ArgumentError(
            f"{owner}: {name} must be an integer of at least {minimum}, or two of them, "
            f"got {value!r}"
        ) from None
    return height, width
