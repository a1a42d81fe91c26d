"""Step: the factor falls at equal intervals."""

from __future__ import annotations

from coreframe import Example, Hyperparameter, Schedule, Setting
from coreframe_schedules.each_replica import each_replica
from coreframe_schedules.span import SHORTEST, count_steps

__all__ = ["Step"]


class Step(Schedule):
    """The factor is multiplied by γ after every `size` steps.

    f(t) = γ^⌊t / size⌋

    Source: torch.optim.lr_scheduler.StepLR, with t counting steps.

    Args:
        size: how long a factor lasts: below 1 a fraction of the run, otherwise steps; one or one
            per replica, as all numbers here.
        gamma: γ ≥ 0.
    """

    size = Hyperparameter(minimum=SHORTEST)
    gamma = Hyperparameter()

    def __init__(self, size: Setting = 1 / 3, gamma: Setting = 0.1) -> None:
        self.size, self.gamma = size, gamma

    @classmethod
    def examples(cls) -> list[Example]:
        pairs = [[1.0, 1.0], [0.5, 0.1], [0.25, 0.01], [0.125, 0.001]]
        return [
            Example(cls(), known=[(6, [1.0, 1.0, 0.1, 0.1, 0.01, 0.01])]),
            Example(cls(3, 0.5), known=[(7, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25])]),
            Example(cls(0.25, [0.5, 0.1]), known=[(4, pairs)]),
        ]

    def factor(self, step: int, total: int) -> Setting:
        return each_replica(
            lambda size, gamma: gamma ** (step // count_steps(size, total)), self.size, self.gamma
        )
