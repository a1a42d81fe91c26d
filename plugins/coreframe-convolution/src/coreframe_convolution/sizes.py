"""Sizes: whole numbers and pairs of them, as arguments of layers."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TypeAlias

from coreframe import ArgumentError

__all__ = ["Pair", "Size", "pair", "whole"]

Size: TypeAlias = int | Sequence[int]
"""One number for both axes, or one for height and one for width."""

Pair: TypeAlias = tuple[int, int]


def whole(owner: str, name: str, value: object, minimum: int = 1) -> int:
    """An integer of at least the minimum.

    Raises:
        ArgumentError: if it is none.
    """
    number = _whole(value)
    if number is None or number < minimum:
        raise ArgumentError(
            f"{owner}: {name} must be an integer of at least {minimum}, got {value!r}"
        )
    return number


def pair(owner: str, name: str, value: object, minimum: int = 1) -> Pair:
    """Two integers of at least the minimum, for height and width; one number stands for both.

    Raises:
        ArgumentError: if they are none.
    """
    given = list(value) if isinstance(value, list | tuple) else [value, value]
    numbers = [number for number in map(_whole, given) if number is not None and number >= minimum]
    if len(numbers) != 2 or len(given) != 2:
        raise ArgumentError(
            f"{owner}: {name} must be an integer of at least {minimum}, or two of them, "
            f"got {value!r}"
        )
    return numbers[0], numbers[1]


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # what is no integer is caught
    except TypeError:
        return None
