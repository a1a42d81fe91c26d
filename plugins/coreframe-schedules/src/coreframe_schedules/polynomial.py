"""Polynomial: the factor falls to zero by a power of the time left."""

from __future__ import annotations

import math

from coreframe import Example, Hyperparameter, Schedule, Setting
from coreframe_schedules.each_replica import each_replica
from coreframe_schedules.warm_up import warm_up_first

__all__ = ["Polynomial"]


class Polynomial(Schedule):
    """The factor falls from 1 to `least` by a power of the time left, after a warm-up.

    f(t) = least + (1 − least) (1 − t / T)^p, a line for p = 1, where t counts from the end of
    the warm-up and T is what it leaves; before, W steps of warm-up, f(t) = (t + 1) / (W + 1)

    Source: torch.optim.lr_scheduler.PolynomialLR; Chen et al. 2018, DeepLab, §4.1; with warm-up
    and p = 1 Devlin et al. 2019, BERT, §A.2.

    Args:
        power: p ≥ 0, one or one per replica, as all numbers here.
        warm_up: W: below 1 a fraction of the run, otherwise steps.
        least: the factor at the end, in [0, 1).
    """

    power = Hyperparameter()
    warm_up = Hyperparameter()
    least = Hyperparameter(below=1.0)

    def __init__(
        self, power: Setting = 1.0, *, warm_up: Setting = 0.0, least: Setting = 0.0
    ) -> None:
        self.power, self.warm_up, self.least = power, warm_up, least

    @classmethod
    def examples(cls) -> list[Example]:
        pairs = [
            [0.5, 0.5],
            [1.0, 1.0],
            [0.8660254038, 0.5625],
            [0.7071067812, 0.25],
            [0.5, 0.0625],
        ]
        return [
            Example(cls(), known=[(4, [1.0, 0.75, 0.5, 0.25])]),
            Example(
                cls(2.0, warm_up=3, least=0.1),
                known=[(7, [0.25, 0.5, 0.75, 1.0, 0.60625, 0.325, 0.15625])],
            ),
            Example(cls([0.5, 2.0], warm_up=0.1), known=[(5, pairs)]),
        ]

    def factor(self, step: int, total: int) -> Setting:
        def one(power: float, warm_up: float, least: float) -> float:
            def course(step: int, total: int) -> float:
                return least + (1 - least) * math.pow(max(0.0, 1 - step / total), power)

            return warm_up_first(step, total, warm_up, course)

        return each_replica(one, self.power, self.warm_up, self.least)
