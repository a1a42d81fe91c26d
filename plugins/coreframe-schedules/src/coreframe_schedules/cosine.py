"""Cosine: the factor falls along half a wave, perhaps several times."""

from __future__ import annotations

import math

from coreframe import Example, Hyperparameter, Schedule, Setting, whole_number
from coreframe_schedules.each_replica import each_replica
from coreframe_schedules.warm_up import warm_up_first

__all__ = ["Cosine"]


class Cosine(Schedule):
    """The factor falls from 1 to `least` along a cosine, after a warm-up, with restarts.

    f(t) = least + (1 − least) (1 + cos(π t / T)) / 2, where t counts from the last restart and T
    is the length of that cycle; before, W steps of warm-up, f(t) = (t + 1) / (W + 1)

    Source: Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts;
    warm-up: Goyal et al. 2017, Accurate, large minibatch SGD.

    Args:
        warm_up: W: below 1 a fraction of the run, otherwise steps; one or one per replica, as all
            numbers here but the restarts.
        restarts: how often it starts again, one number for all replicas. All cycles together
            fill the run.
        growth: how many times longer each cycle is than the one before, at least 1.
        least: the factor at the end of a cycle, in [0, 1).

    Raises:
        ArgumentError: for a number out of range.
    """

    warm_up = Hyperparameter()
    growth = Hyperparameter(minimum=1.0)
    least = Hyperparameter(below=1.0)

    def __init__(
        self,
        *,
        warm_up: Setting = 0.0,
        restarts: int = 0,
        growth: Setting = 1.0,
        least: Setting = 0.0,
    ) -> None:
        self.warm_up = warm_up
        self.restarts = whole_number("Cosine: restarts", restarts, minimum=0)
        self.growth, self.least = growth, least

    @classmethod
    def examples(cls) -> list[Example]:
        half = [1.0, 0.8535533906, 0.5, 0.1464466094]  # (1 + cos(π t / 4)) / 2
        line = [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6]
        pairs = [  # cycles of 2.5 steps, and after one step of warm-up of 2
            [1.0, 0.5],
            [0.6545084972, 1.0],
            [0.0954915028, 0.5],
            [0.9045084972, 1.0],
            [0.3454915028, 0.5],
        ]
        return [
            Example(cls(), known=[(4, half)]),
            Example(
                cls(warm_up=5, least=0.1),
                known=[(9, [*line, 1.0, 0.8681980515, 0.55, 0.2318019485])],
            ),
            # after one step of warm-up, cycles of 1, 2 and 4 steps
            Example(
                cls(warm_up=0.1, restarts=2, growth=2.0), known=[(8, [0.5, 1.0, 1.0, 0.5, *half])]
            ),
            Example(cls(warm_up=[0.0, 0.2], restarts=1), known=[(5, pairs)]),
        ]

    def factor(self, step: int, total: int) -> Setting:
        def one(warm_up: float, growth: float, least: float) -> float:
            def course(step: int, total: int) -> float:
                wave = (1 + math.cos(math.pi * self._passed(step, total, growth))) / 2
                return least + (1 - least) * wave

            return warm_up_first(step, total, warm_up, course)

        return each_replica(one, self.warm_up, self.growth, self.least)

    def _passed(self, step: int, total: int, growth: float) -> float:
        """What part of its cycle has passed."""
        lengths = [growth**cycle for cycle in range(self.restarts + 1)]
        start = 0.0
        for length in lengths:
            share = total * length / sum(lengths)
            # A step at the border belongs to the next cycle, whatever the rounding.
            if step < start + share - 1e-9 * total:
                return (step - start) / share
            start += share
        return 1.0
