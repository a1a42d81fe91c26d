"""Differences: a gradient compared with central differences of the function itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

import torch
from torch import Tensor

from coreframe.testing.comparison import Difference, place

__all__ = ["GRADIENT_BOUND", "derivatives", "find_wrong_derivative"]

GRADIENT_BOUND = 1.0
"""Of an error in units of what differences in double precision can tell."""

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
) -> Difference:
    """Say where `gradient` is furthest from that of `terms().sum()` by `tensor`.

    (f(x + h v) − f(x − h v)) / 2h = ⟨∇f, v⟩ + O(h²)

    v is each unit vector in turn where the tensor is small, else random directions. At a kink,
    where the slopes on both sides differ, any number between them is a gradient.

    Args:
        name: what the tensor is.
        tensor: float64; changed in place and put back.
        gradient: what the component gave, in the tensor's shape.
        terms: computes the function, as terms yet to be added up: their size bounds rounding.
        generator: draws the directions.

    Returns:
        The error in units of what such differences can tell, about 1e-6 of the gradient.
    """
    if gradient.shape != tensor.shape:
        return Difference(
            float("inf"),
            f"the gradient of {name} has shape {tuple(gradient.shape)}, not {(*tensor.shape,)}",
        )
    if not bool(gradient.isfinite().all()):
        flat = int(gradient.isfinite().logical_not().flatten().double().argmax())
        return Difference(
            float("inf"), f"the gradient of {place(name, flat, gradient)} is not finite"
        )
    worst = Difference(0.0, "")
    largest = float(gradient.abs().max()) if gradient.numel() else 0.0
    before = tensor.clone()
    argument = float(before.abs().max()) if before.numel() else 0.0
    for where, direction in _directions(name, tensor, generator):
        above, below, step = _both_sides(tensor, before, direction, terms)
        wanted = float((above - below).sum()) / (2 * step)
        got = float((gradient * direction).sum())
        # What the function computes with on its way may be as large as its argument.
        size = float(above.abs().sum() + below.abs().sum()) + max(1.0, argument)
        rounding = 32 * EPSILON * size / step
        length = float(direction.norm())
        unit = 1e-6 * abs(wanted) + 1e-7 * largest * length + rounding
        error = abs(got - wanted)
        if error > unit:
            here = terms()
            right = float((above - here).sum()) / step
            left = float((here - below).sum()) / step
            if min(left, right) - unit <= got <= max(left, right) + unit and (
                abs(right - left) > 1e-3 * abs(wanted)  # a kink, and not mere curvature
            ):
                continue
        figure = error / unit
        if not figure <= worst.figure:
            worst = Difference(
                figure,
                f"the gradient of {where} is {got:.9g}, central differences give {wanted:.9g}",
            )
    return worst


def derivatives(
    name: str, tensor: Tensor, terms: Callable[[], Tensor], generator: torch.Generator
) -> Iterator[tuple[Tensor, float]]:
    """Directions, and the central difference of `terms().sum()` along each of them."""
    before = tensor.clone()
    for _, direction in _directions(name, tensor, generator):
        above, below, step = _both_sides(tensor, before, direction, terms)
        yield direction, float((above - below).sum()) / (2 * step)


def _both_sides(
    tensor: Tensor, before: Tensor, direction: Tensor, terms: Callable[[], Tensor]
) -> tuple[Tensor, Tensor, float]:
    """The terms on both sides of where the tensor is, and how far away that was."""
    step = STEP * max(1.0, float((before * direction.sign()).abs().max()))
    tensor.copy_(before + step * direction)
    above = terms()
    tensor.copy_(before - step * direction)
    below = terms()
    tensor.copy_(before)
    return above, below, step


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
