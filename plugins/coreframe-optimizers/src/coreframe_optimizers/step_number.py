"""Numbers that depend on the number of the step, which may differ between replicas."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coreframe import Slab

__all__ = ["at_step", "numbers_at_step", "scale_at_step"]


def at_step(
    slab: Slab, function: Callable[..., float], *settings: float | tuple[float, ...]
) -> float | Tensor:
    """function(step, *settings), a number, or a flat tensor where replicas differ."""
    numbers = numbers_at_step(slab, function, *settings)
    if isinstance(numbers, float):
        return numbers
    return slab.expand(torch.tensor(numbers, dtype=torch.float64))


def numbers_at_step(
    slab: Slab, function: Callable[..., float], *settings: float | tuple[float, ...]
) -> float | tuple[float, ...]:
    """function(step, *settings), a number, or one per replica where they differ.

    Python's arithmetic serves both: torch's own power may round otherwise, and a replica would
    notice whether others rest.
    """
    if isinstance(slab.steps, int) and not any(isinstance(s, tuple) for s in settings):
        return function(slab.steps, *settings)
    (count,) = slab.flat.replicas
    steps = [slab.steps] * count if isinstance(slab.steps, int) else slab.steps.tolist()
    columns = [s if isinstance(s, tuple) else (s,) * count for s in settings]
    return tuple(function(*row) for row in zip(steps, *columns, strict=True))


def scale_at_step(slab: Slab, name: str, function: Callable[[float], float]) -> float | Tensor:
    """The setting `name` times function(step), a number or a flat tensor."""
    scale = slab.settings[name]
    if isinstance(scale, Tensor):
        return scale * at_step(slab, function)
    return at_step(slab, lambda step: scale * function(step))
