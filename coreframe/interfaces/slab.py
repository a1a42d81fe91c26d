"""Slab: what an optimizer's update works on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Slab", "add_scaled"]


@dataclass
class Slab:
    """What one update works on: flat tensors of one length, and the settings.

    A setting is a number, or a flat tensor where it differs between replicas; `add_scaled`
    takes either.
    """

    value: Tensor
    grad: Tensor
    state: dict[str, Tensor]
    settings: dict[str, float | Tensor]


def add_scaled(
    x: Tensor, scale: float | Tensor, y: Tensor, *, sign: int = 1, out: Tensor
) -> Tensor:
    """out ← x + sign · scale · y, in one kernel, `scale` being a number or a flat tensor."""
    if isinstance(scale, Tensor):
        return torch.addcmul(x, scale, y, value=sign, out=out)
    return torch.add(x, y, alpha=sign * scale, out=out)
