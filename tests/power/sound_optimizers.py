"""Sound optimizers and schedules, for faults to be planted in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor

from coreframe import (
    Example,
    Hyperparameter,
    Module,
    Optimizer,
    Schedule,
    Setting,
    Slab,
    add_scaled,
)


class Rolling(Optimizer):
    """v ← μ v + g + λ w, w ← w − η v."""

    momentum = Hyperparameter(below=1.0)
    decay = Hyperparameter()
    state_names = ("velocity",)

    def __init__(
        self,
        model: Module,
        lr: Setting,
        *,
        momentum: Setting = 0.0,
        decay: Setting = 0.0,
        overrides: Sequence[Any] = (),
    ) -> None:
        super().__init__(model)
        self.lr, self.momentum, self.decay = lr, momentum, decay
        self.overrides = overrides

    @classmethod
    def examples(cls) -> list[Example]:
        # From w = 1: v = 1 + 0.1 = 1.1 and w = 0.89; then v = 0.55 − 1 + 0.089 and w = 0.9261.
        known = [([1.0, -1.0], [0.89, 0.9261])]
        return [
            Example(partial(cls, lr=0.1, momentum=0.5, decay=0.1), known=known),
            Example(partial(cls, lr=0.1)),
        ]

    def update(self, slab: Slab) -> None:
        v = slab.state["velocity"]
        add_scaled(slab.grad, slab.settings["momentum"], v, out=v)
        add_scaled(v, slab.settings["decay"], slab.value, out=v)
        add_scaled(slab.value, slab.settings["lr"], v, sign=-1, out=slab.value)


class Moments(Optimizer):
    """m ← β m + (1 − β) g, s ← γ s + (1 − γ) g², w ← w − η m̂ / (√ŝ + ε), hats unbiased."""

    state_names = ("first", "second")
    beta, gamma, epsilon = 0.9, 0.99, 1e-8

    def __init__(self, model: Module, lr: Setting) -> None:
        super().__init__(model)
        self.lr = lr

    @classmethod
    def examples(cls) -> list[Example]:
        # Unbiased, the first step is η whatever the gradient; the second has m̂ = 0.8/1.9·…
        known = [([2.0, 2.0], [0.9, 0.8])]
        return [Example(partial(cls, lr=0.1), known=known)]

    def update(self, slab: Slab) -> None:
        m, s = slab.state["first"], slab.state["second"]
        m.mul_(self.beta).add_(slab.grad, alpha=1 - self.beta)
        s.mul_(self.gamma).addcmul_(slab.grad, slab.grad, value=1 - self.gamma)
        first, second = (
            slab.expand(1 - self.beta**slab.steps),
            slab.expand(1 - self.gamma**slab.steps),
        )
        slab.value.sub_(slab.settings["lr"] * (m / first) / ((s / second).sqrt() + self.epsilon))


class Halving(Schedule):
    """The factor halves over a training."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls())]

    def factor(self, step: int, total: int) -> Setting:
        return float(0.5 ** (step / total))


class Patient(Schedule):
    """The factor halves whenever the loss is not below the best one."""

    def __init__(self) -> None:
        self.best, self.level = float("inf"), 1.0

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls())]

    def factor(self, step: int, total: int) -> Setting:
        return self.level

    def observe(self, row: Mapping[str, Tensor]) -> None:
        loss = float(row["loss"])
        if loss < self.best:
            self.best = loss
        else:
            self.level /= 2

    def state(self) -> dict[str, Tensor]:
        return {"numbers": torch.tensor([self.best, self.level], dtype=torch.float64)}

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        self.best, self.level = state["numbers"].tolist()
        return self
