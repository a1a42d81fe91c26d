"""Exponential: the factor falls by an equal share in each step."""

from __future__ import annotations

import math

from coreframe import Example, Hyperparameter, Schedule, Setting
from coreframe_schedules.each_replica import each_replica
from coreframe_schedules.span import SHORTEST, count_steps

__all__ = ["Exponential"]


class Exponential(Schedule):
    """The factor falls to γ times itself in every `size` steps, without a leap.

    f(t) = γ^(t / size)

    Source: torch.optim.lr_scheduler.ExponentialLR where `size` is 1.

    Args:
        gamma: γ ≥ 0, one or one per replica, as all numbers here.
        size: how long it takes: below 1 a fraction of the run, otherwise steps.
    """

    gamma = Hyperparameter()
    size = Hyperparameter(minimum=SHORTEST)

    def __init__(self, gamma: Setting = 0.1, size: Setting = 0.5) -> None:
        self.gamma, self.size = gamma, size

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(), known=[(4, [1.0, 0.3162277660, 0.1, 0.0316227766])]),
            Example(cls(0.99, size=1), known=[(3, [1.0, 0.99, 0.9801])]),
            Example(cls([0.5, 0.1]), known=[(2, [[1.0, 1.0], [0.5, 0.1]])]),
        ]

    def factor(self, step: int, total: int) -> Setting:
        return each_replica(
            lambda gamma, size: math.pow(gamma, step / count_steps(size, total)),
            self.gamma,
            self.size,
        )
