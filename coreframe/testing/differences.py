"""Differences: a gradient compared with central differences of the function itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

import torch
from torch import Tensor

from coreframe.testing.comparison import place

__all__ = ["find_wrong_derivative"]

STEP = 6e-6  # the cube root of float64's precision, where truncation and rounding balance
ELEMENTS = 256  # a larger tensor is tried along directions
DIRECTIONS = 24
EPSILON = torch.finfo(torch.float64).eps


def find_wrong_derivative(
    name: str,
    tensor: Tensor,
    gradient: Tensor,
    terms: Callable[[], Tensor],
    generator: torch.Generator,
) -> str:
    """Say where `gradient` is not that of `terms().sum()` by `tensor`; empty if it is.

    (f(x + h v) − f(x − h v)) / 2h = ⟨∇f, v⟩ + O(h²)

    v is each unit vector in turn where the tensor is small, else random directions.

    Args:
        name: what the tensor is.
        tensor: float64; changed in place and put back.
        gradient: what the component gave, in the tensor's shape.
        terms: computes the function, as terms yet to be added up: their size bounds rounding.
        generator: draws the directions.
    """
    if gradient.shape != tensor.shape:
        return f"the gradient of {name} has shape {tuple(gradient.shape)}, not {(*tensor.shape,)}"
    if not bool(gradient.isfinite().all()):
        flat = int(gradient.isfinite().logical_not().flatten().double().argmax())
        return f"the gradient of {place(name, flat, gradient)} is not finite"
    largest = float(gradient.abs().max()) if gradient.numel() else 0.0
    before = tensor.clone()
    for where, direction in _directions(name, tensor, generator):
        step = STEP * max(1.0, float((before * direction.sign()).abs().max()))
        tensor.copy_(before + step * direction)
        above = terms()
        tensor.copy_(before - step * direction)
        below = terms()
        tensor.copy_(before)
        wanted = float((above - below).sum()) / (2 * step)
        got = float((gradient * direction).sum())
        rounding = 32 * EPSILON * float(above.abs().sum() + below.abs().sum()) / step
        length = float(direction.norm())
        if not abs(got - wanted) <= 1e-6 * abs(wanted) + 1e-7 * largest * length + rounding:
            return f"the gradient of {where} is {got:.9g}, central differences give {wanted:.9g}"
    return ""


def _directions(
    name: str, tensor: Tensor, generator: torch.Generator
) -> Iterator[tuple[str, Tensor]]:
    if tensor.numel() <= ELEMENTS:
        for flat in range(tensor.numel()):
            direction = torch.zeros(tensor.numel(), dtype=tensor.dtype)
            direction[flat] = 1.0
            yield place(name, flat, tensor), direction.view(tensor.shape)
        return
    for number in range(DIRECTIONS):
        direction = torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
        yield f"{name} along random direction {number}", direction / sqrt(tensor.numel())
