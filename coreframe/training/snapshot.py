"""Snapshot: tensors as they were before a call, to tell afterwards what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

__all__ = ["Form", "Snapshot", "find_not_finite", "is_finite", "tensors_in"]

# Compared as integers, a NaN equals itself, and −0 is not 0.
INTEGERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class Form(NamedTuple):
    """What a gradient has in common with the tensor that it is the gradient of."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, tensor: Tensor) -> Form:
        return cls(tuple(tensor.shape), tensor.dtype, tensor.device)

    def difference(self, tensor: Tensor, owner: str) -> str:
        """What `tensor` has otherwise than `owner`, which has this form; empty if nothing."""
        for quality, wanted, got in zip(self._fields, self, Form.of(tensor), strict=True):
            if got != wanted:
                return f"of {quality} {got}, but {owner} has {quality} {wanted}"
        return ""


class Snapshot:
    """Copies of some tensors, by name."""

    def __init__(self, tensors: Iterable[tuple[str, Tensor]]) -> None:
        self._kept = [(name, tensor, tensor.detach().clone()) for name, tensor in tensors]

    def find_change(self) -> str:
        """The first of the tensors that is no longer what it was; empty if all are."""
        for name, tensor, before in self._kept:
            if tensor.shape != before.shape or tensor.dtype != before.dtype:
                return name
            different = _bits(tensor) != _bits(before)
            if bool(different.any()):
                return _place(name, different)
        return ""


def tensors_in(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    """The tensors in a value, with names: `x`, or `x0` and `x1` in a sequence."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from tensors_in(name if len(value) == 1 else f"{name}{index}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors_in(str(key), item)


def is_finite(tensors: Iterable[tuple[str, Tensor]]) -> bool:
    """Whether no number in them is NaN or infinite."""
    return all(bool(tensor.isfinite().all()) for _, tensor in tensors)


def find_not_finite(tensors: Iterable[tuple[str, Tensor]]) -> str:
    """The first number that is NaN or infinite, as `NaN at y[0, 3] (2 of 96 numbers)`."""
    for name, tensor in tensors:
        wrong = tensor.isfinite().logical_not()
        if bool(wrong.any()):
            first = tensor[wrong].flatten()[0]
            kind = "NaN" if bool(first.isnan()) else str(first.item())
            count = f"{int(wrong.sum())} of {tensor.numel()} numbers"
            return f"{kind} at {_place(name, wrong)} ({count})"
    return ""


def _place(name: str, marked: Tensor) -> str:
    """`name` with the index of the first marked number."""
    index = marked.nonzero()[0].tolist()
    return f"{name}{index}" if index else name


def _bits(tensor: Tensor) -> Tensor:
    tensor = tensor.detach()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    return tensor.view(INTEGERS[tensor.element_size()]) if tensor.is_floating_point() else tensor
