"""OneCycle: the factor rises to its peak, and falls far below its start."""

from __future__ import annotations

import math

from coreframe import Example, Hyperparameter, Schedule, Setting
from coreframe_schedules.each_replica import each_replica
from coreframe_schedules.span import SHORTEST, span_in_steps

__all__ = ["OneCycle"]


class OneCycle(Schedule):
    """The 1cycle policy: along a cosine up to 1, and along another one down.

    f rises from 1 / d at step 0 to 1 at step W − 1, and falls to 1 / (d D) at the last step;
    between a and b it is b + (a − b) (1 + cos(π x)) / 2 where the part x of the phase has passed

    The optimizer's learning rate is that of the peak. The momentum stays as it is, unlike torch's
    by default.

    Source: Smith and Topin 2019, Super-convergence: very fast training of neural networks using
    large learning rates; as torch.optim.lr_scheduler.OneCycleLR.

    Args:
        warm_up: W: below 1 a fraction of the run, torch's pct_start, otherwise steps; one or one
            per replica, as all numbers here.
        div_factor: d ≥ 1.
        final_div_factor: D ≥ 1.
    """

    warm_up = Hyperparameter(minimum=SHORTEST)
    div_factor = Hyperparameter(minimum=1.0)
    final_div_factor = Hyperparameter(minimum=1.0)

    def __init__(
        self,
        *,
        warm_up: Setting = 0.3,
        div_factor: Setting = 25.0,
        final_div_factor: Setting = 1e4,
    ) -> None:
        self.warm_up = warm_up
        self.div_factor, self.final_div_factor = div_factor, final_div_factor

    @classmethod
    def examples(cls) -> list[Example]:
        rise = [0.04, 0.52]
        fall = [0.9504846320, 0.8117456539, 0.6112620219, 0.3887419781, 0.1882583461, 0.0495193680]
        short = [0.1, 0.2318019485, 0.55, 0.8681980515, 1.0]  # nothing, or one step, is left
        return [
            Example(cls(), known=[(10, [*rise, 1.0, *fall, 4e-6])]),
            Example(
                cls(warm_up=5, div_factor=10.0, final_div_factor=100.0),
                known=[(5, short), (6, [*short, 0.001])],
            ),
            Example(cls(warm_up=[0.2, 0.5])),
        ]

    def factor(self, step: int, total: int) -> Setting:
        def one(warm_up: float, start: float, end: float) -> float:
            peak = span_in_steps(warm_up, total) - 1
            if step < peak:
                return _along(1 / start, 1.0, step / peak)
            left = total - 1 - peak
            passed = min((step - peak) / left, 1.0) if left > 0 else 0.0
            return _along(1.0, 1 / (start * end), passed)

        return each_replica(one, self.warm_up, self.div_factor, self.final_div_factor)


def _along(start: float, end: float, passed: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * passed)) / 2
