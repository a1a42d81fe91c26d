"""Replicas: the leading axis of a population, and choosing members of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import TypeAlias, TypeVar

import torch
from torch import Tensor

from coreframe.errors import ArgumentError

__all__ = [
    "Replicas",
    "Selection",
    "Setting",
    "expand_setting",
    "plain_setting",
    "resolve_selection",
    "select_leading",
    "select_sequence",
]

Replicas: TypeAlias = tuple[int, ...]
"""`()` for a lone model, `(R,)` for a population of R."""

Setting: TypeAlias = float | Sequence[float]
"""A number, or one number per replica."""

Selection: TypeAlias = int | Sequence[int]
"""One replica, which becomes a lone model, or a list of them, which stays a population."""

_Item = TypeVar("_Item")


def resolve_selection(selection: Selection | Tensor, replicas: Replicas) -> Selection:
    """Check `selection` against `replicas` and make it an int or a list of ints, all ≥ 0.

    A boolean tensor `(R,)` keeps the replicas that are true; repeats and any order are allowed.

    Raises:
        ArgumentError: for a lone model, an index out of range, or an empty selection.
    """
    if not replicas:
        raise ArgumentError("select needs a population, and this is a lone model")
    (count,) = replicas
    if isinstance(selection, Tensor):
        if selection.dtype is torch.bool:
            if selection.shape != (count,):
                raise ArgumentError(
                    f"a mask of replicas must have shape ({count},), "
                    f"this one has {tuple(selection.shape)}"
                )
            selection = selection.nonzero().flatten()
        selection = selection.tolist()
    chosen = selection if isinstance(selection, int) else list(selection)
    indices = [chosen] if isinstance(chosen, int) else chosen
    if not indices:
        raise ArgumentError("a selection of no replicas leaves no model")
    for index in indices:
        if isinstance(index, bool) or not isinstance(index, int) or not -count <= index < count:
            raise ArgumentError(f"no replica {index!r} in a population of {count}")
    resolved = [index % count for index in indices]
    return resolved[0] if isinstance(chosen, int) else resolved


def select_leading(tensor: Tensor, selection: Selection) -> Tensor:
    """The chosen rows of a tensor `(R, …)`, copied: `(…)` for an int, `(R', …)` for a list."""
    if isinstance(selection, int):
        return tensor[selection].clone()
    return tensor.index_select(0, torch.tensor(selection, device=tensor.device))


def select_sequence(values: Sequence[_Item], selection: Selection) -> _Item | list[_Item]:
    """The chosen entries of one value per replica."""
    if isinstance(selection, int):
        return values[selection]
    return [values[index] for index in selection]


def plain_setting(name: str, value: object) -> float | list[float]:
    """A setting in Python's own numbers, whatever numbers or array of them it came as.

    Raises:
        ArgumentError: if something in it is no number.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    wrong = f"{name} must be a number or one number per replica, got {value!r}"
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise ArgumentError(wrong)
    try:
        items = value.tolist() if isinstance(value, Tensor) else list(value)
    except TypeError:  # an array of no axes
        raise ArgumentError(wrong) from None
    if isinstance(items, Real):
        return plain_setting(name, items)
    if not all(isinstance(item, Real) and not isinstance(item, bool) for item in items):
        raise ArgumentError(wrong)
    return [float(item) for item in items]


def expand_setting(name: str, value: Setting | Tensor, replicas: Replicas) -> float | Tensor:
    """Check a setting: a float as it is, R numbers as a float64 tensor `(R,)`.

    Raises:
        ArgumentError: if the count is not that of the replicas, or something is no number.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    wrong = f"{name} must be a number or one number per replica, got {value!r}"
    if isinstance(value, str) or not isinstance(value, Sequence | Tensor):
        raise ArgumentError(wrong)
    try:
        values = value.tolist() if isinstance(value, Tensor) else value
        numbers = torch.tensor(values, dtype=torch.float64)  # a copy: the caller keeps theirs
    except (TypeError, ValueError):
        raise ArgumentError(wrong) from None
    if numbers.shape != replicas or not replicas:
        have = f"a population of {replicas[0]}" if replicas else "a lone model"
        count = "1 number" if numbers.numel() == 1 else f"{numbers.numel()} numbers"
        raise ArgumentError(f"{name} has {count} for {have}")
    return numbers
