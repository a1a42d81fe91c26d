"""Factors: what a schedule says for each step of a run."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from coreframe.interfaces.replicas import Setting
from coreframe.interfaces.schedule import Schedule

__all__ = ["Factors"]


class Factors:
    """The learning rate's factor at each step, for replicas with steps of their own number.

    Args:
        schedule: what says it; without one there is no factor.
        epochs: how many epochs the run has.
        steps: steps per epoch of each replica.
    """

    def __init__(self, schedule: Schedule | None, epochs: int, steps: Sequence[int]) -> None:
        self._schedule, self._epochs, self._steps = schedule, epochs, steps
        self._distinct = sorted(set(steps))

    def at(self, epoch: int, step: int) -> Setting | Tensor | None:
        """The factor at a step of an epoch, both from 0; a replica that rests keeps its last."""
        if self._schedule is None:
            return None
        factors = {
            steps: self._schedule.factor(epoch * steps + min(step, steps - 1), self._epochs * steps)
            for steps in self._distinct
        }
        if len(factors) == 1:
            return factors[self._distinct[0]]
        return [_own(factors[steps], replica) for replica, steps in enumerate(self._steps)]


def _own(factor: Setting, replica: int) -> float:
    return float(factor[replica]) if isinstance(factor, Sequence | Tensor) else factor
