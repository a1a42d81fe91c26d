"""whole_number: a size or a count among the arguments of a component, checked."""

from __future__ import annotations

import operator

import torch
from torch import Tensor

from coreframe.errors import ArgumentError

__all__ = ["whole_number"]


def whole_number(name: str, value: object, *, minimum: int = 1) -> int:
    """The number as Python's own int; numpy's and torch's integers are taken, too.

    Args:
        name: what the error calls it, such as "Linear: in_size".
        value: the argument.
        minimum: the least number it may be.

    Raises:
        ArgumentError: if it is no integer, or less than the minimum; a bool is no integer.
    """
    try:
        whole = operator.index(value)  # type: ignore[arg-type]  # what is no integer is caught
    except TypeError:
        whole = minimum - 1
    is_bool = isinstance(value, bool) or (isinstance(value, Tensor) and value.dtype is torch.bool)
    if is_bool or whole < minimum:
        kind = "a positive integer" if minimum == 1 else f"an integer from {minimum}"
        raise ArgumentError(f"{name} must be {kind}, got {value!r}")
    return whole
