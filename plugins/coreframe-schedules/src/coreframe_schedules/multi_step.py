"""MultiStep: the factor falls at given points."""

from __future__ import annotations

from collections.abc import Sequence

from coreframe import ArgumentError, Example, Hyperparameter, Schedule, Setting
from coreframe_schedules.each_replica import each_replica
from coreframe_schedules.span import count_steps

__all__ = ["MultiStep"]


class MultiStep(Schedule):
    """The factor is multiplied by γ at each milestone.

    f(t) = γ^(number of milestones ≤ t)

    Source: torch.optim.lr_scheduler.MultiStepLR, with t counting steps; half and three quarters
    of the run are those of He et al. 2016, Deep residual learning for image recognition.

    Args:
        milestones: each below 1 a fraction of the run, otherwise a step, counted from 0.
        gamma: γ ≥ 0, one or one per replica.

    Raises:
        ArgumentError: for a milestone that is not a positive number.
    """

    gamma = Hyperparameter()

    def __init__(self, milestones: Sequence[float] = (0.5, 0.75), gamma: Setting = 0.1) -> None:
        for milestone in milestones:
            if isinstance(milestone, bool) or not 0 < milestone < float("inf"):
                raise ArgumentError(f"MultiStep: milestones must be positive, got {milestone!r}")
        self.milestones = tuple(milestones)
        self.gamma = gamma

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(), known=[(8, [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01])]),
            Example(
                cls([0.1, 5, 30], 0.5), known=[(8, [1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25])]
            ),
            Example(cls([2], [0.0, 2.0]), known=[(3, [[1.0, 1.0], [1.0, 1.0], [0.0, 2.0]])]),
        ]

    def factor(self, step: int, total: int) -> Setting:
        passed = sum(step >= count_steps(milestone, total) for milestone in self.milestones)
        return each_replica(lambda gamma: gamma**passed, self.gamma)
