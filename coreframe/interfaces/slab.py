"""Slab: what an optimizer's update works on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from coreframe.interfaces.storage import Flat, Segment

__all__ = ["Slab", "add_scaled"]


@dataclass
class Slab:
    """What one update works on: flat tensors of one length, and numbers.

    A number that differs between replicas is a flat tensor; `add_scaled` takes either.

    Attributes:
        value: the parameters, to be changed in place.
        grad: their gradients.
        state: the optimizer's state by name, to be changed in place.
        settings: its hyperparameters by name, the learning rate times the schedule's factor.
        steps: the number of this step, from 1; `(R,)`, in double precision, where replicas have
            taken different ones.
        segments: where each parameter lies, by path.
    """

    value: Tensor
    grad: Tensor
    state: dict[str, Tensor]
    settings: dict[str, float | Tensor]
    steps: int | Tensor
    flat: Flat

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self.flat.segments

    def expand(self, number: float | Tensor) -> float | Tensor:
        """A number as it is; one per replica, `(R,)`, as a flat tensor.

        For what an update works out of `steps`, such as Adam's corrections.
        """
        return self.flat.expand(number) if isinstance(number, Tensor) else number


def add_scaled(
    x: Tensor, scale: float | Tensor, y: Tensor, *, sign: int = 1, out: Tensor
) -> Tensor:
    """out ← x + sign · scale · y, in one kernel, `scale` being a number or a flat tensor."""
    if isinstance(scale, Tensor):
        return torch.addcmul(x, scale, y, value=sign, out=out)
    return torch.add(x, y, alpha=sign * scale, out=out)
