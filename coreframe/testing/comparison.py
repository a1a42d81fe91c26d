"""Comparison: two tensors that must agree, and where they do not."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["find_difference", "place"]


def find_difference(name: str, got: Tensor, wanted: Tensor, *, tolerance: float = 0.0) -> str:
    """Say where two tensors differ most: `weight[1, 0] is 0.3, not 0.4`; empty if they agree.

    Args:
        name: what the tensors are.
        got: what the component gave.
        wanted: what it should be.
        tolerance: the difference allowed, relative to the largest number wanted (or to 1 where
            all are smaller); zero asks for equal bits, NaN counting as equal to NaN.
    """
    if got.shape != wanted.shape:
        return f"{name} has shape {tuple(got.shape)}, not {tuple(wanted.shape)}"
    if got.dtype != wanted.dtype:
        return f"{name} has dtype {got.dtype}, not {wanted.dtype}"
    if not got.numel():
        return ""
    equal = (got == wanted) | (got.isnan() & wanted.isnan())
    if bool(equal.all()):
        return ""
    gap = (got.double() - wanted.double()).abs().masked_fill(equal, 0.0)
    gap = gap.nan_to_num(nan=float("inf"))
    finite = wanted.double().nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
    if float(gap.max()) <= tolerance * max(1.0, float(finite.abs().max())):
        return ""
    flat = int(gap.argmax())
    return (
        f"{place(name, flat, got)} is {got.flatten()[flat].item():.9g}, "
        f"not {wanted.flatten()[flat].item():.9g}"
    )


def place(name: str, flat: int, tensor: Tensor) -> str:
    """The name of one element: `weight[1, 0]`."""
    index = torch.unravel_index(torch.tensor(flat), tensor.shape)
    return f"{name}[{', '.join(str(int(i)) for i in index)}]"
