"""Replicas: the leading axis of a population, and choosing members of it."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import TypeAlias, TypeGuard, TypeVar

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

    Integers may be Python's, numpy's or torch's, in any sequence or array of one axis; repeats
    and any order are allowed. A mask `(R,)` keeps the replicas that are true. It must be a tensor
    or an array: a list of bools could as well be meant as a list of the integers 0 and 1.

    Raises:
        ArgumentError: for a lone model, an index out of range, or an empty selection.
    """
    if not replicas:
        raise ArgumentError("select needs a population, and this is a lone model")
    (count,) = replicas
    chosen = _plain(selection)
    if chosen is not selection and isinstance(chosen, list) and chosen and _all_bools(chosen):
        if len(chosen) != count:
            raise ArgumentError(
                f"a mask of replicas must have shape ({count},), this one has ({len(chosen)},)"
            )
        chosen = [index for index, kept in enumerate(chosen) if kept]
    if isinstance(chosen, str | bytes) or not isinstance(chosen, Iterable):
        return _resolve_index(chosen, count)
    resolved = [_resolve_index(_plain(index), count) for index in chosen]
    if not resolved:
        raise ArgumentError("a selection of no replicas leaves no model")
    return resolved


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
        ArgumentError: if something in it is no number, or it has several axes.
    """
    plain = _plain(value)
    if _is_number(plain):
        return float(plain)
    wrong = f"{name} must be a number or one number per replica, got {value!r}"
    if isinstance(plain, str | bytes) or not isinstance(plain, Sequence):
        raise ArgumentError(wrong)
    numbers = [float(item) for item in map(_plain, plain) if _is_number(item)]
    if len(numbers) < len(plain):
        raise ArgumentError(wrong)
    return numbers


def expand_setting(name: str, value: Setting | Tensor, replicas: Replicas) -> float | Tensor:
    """Check a setting: a float as it is, R numbers as a float64 tensor `(R,)`.

    Raises:
        ArgumentError: if the count is not that of the replicas, or something is no number.
    """
    numbers = plain_setting(name, value)
    if isinstance(numbers, float):
        return numbers
    if not replicas or len(numbers) != replicas[0]:
        have = f"a population of {replicas[0]}" if replicas else "a lone model"
        count = "1 number" if len(numbers) == 1 else f"{len(numbers)} numbers"
        raise ArgumentError(f"{name} has {count} for {have}")
    return torch.tensor(numbers, dtype=torch.float64)


def _plain(value: object) -> object:
    """The numbers of torch and numpy as Python's own; all else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value


def _is_number(value: object) -> TypeGuard[float]:
    # Real would do, but asking for it alone takes longer than asking for these two first.
    return isinstance(value, float | int | Real) and not isinstance(value, bool)


def _all_bools(values: list[object]) -> bool:
    return all(isinstance(value, bool) for value in values)


def _resolve_index(index: object, count: int) -> int:
    try:
        whole = operator.index(index)  # type: ignore[arg-type]  # what is no integer is caught
    except TypeError:
        whole = count
    if isinstance(index, bool) or not -count <= whole < count:
        raise ArgumentError(f"no replica {index!r} in a population of {count}")
    return whole % count
