"""Schedules with one fault each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Self

import torch
from planting import fault
from torch import Tensor

from coreframe import Setting
from coreframe_schedules import Cosine, OneCycle, Polynomial, ReduceOnPlateau, Step


@fault("schedule.factors", "not negative")
class StartsALittleLate(Cosine):
    """the warm-up starts a step late, from below zero"""

    def factor(self, step: int, total: int) -> Setting:
        if isinstance(self.warm_up, float) and step < self.warm_up:
            return (step - 1) / (self.warm_up + 1)
        return super().factor(step, total)


@fault("schedule.factors", "not negative")
class GoesOnBelow(Polynomial):
    """the line is over before the run is, and goes on"""

    def factor(self, step: int, total: int) -> Setting:
        return 1 - 1.5 * step / total


@fault("schedule.factors", "must be finite")
class DividesByNothing(OneCycle):
    """in a run of one step the last phase has no length, and its share is 0 / 0"""

    def factor(self, step: int, total: int) -> Setting:
        return super().factor(step, total) if total > 1 else float("nan")


@fault("schedule.asked-again", "asked before")
class MultipliesItself(Step):
    """the factor is multiplied whenever a border is asked for, instead of being worked out"""

    def __init__(self, size: Setting = 5, gamma: Setting = 0.5) -> None:
        super().__init__(size, gamma)
        self.level = 1.0

    def factor(self, step: int, total: int) -> Setting:
        if isinstance(self.size, float) and isinstance(self.gamma, float):
            self.level *= self.gamma if step and step % self.size == 0 else 1.0
        return self.level


@fault("schedule.state", "load_state")
class UnsavedPatience(ReduceOnPlateau):
    """how long it has waited is not saved"""

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        return super().load_state({**state, "waited": torch.zeros_like(state["waited"])})


@fault("schedule.state", "load_state")
class UnsavedCooldown(ReduceOnPlateau):
    """the epochs of cooldown that are left are not saved"""

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        return super().load_state({**state, "cooling": torch.zeros_like(state["cooling"])})


@fault("schedule.repr", "not allowed")
class WritesItsState(ReduceOnPlateau):
    """the repr tells what the spec grammar does not know"""

    def __repr__(self) -> str:
        return f"WritesItsState({self.state()!r})"


@fault("schedule.known", "of a run of 4 steps")
class WholeWave(Cosine):
    """the cosine is of a whole wave, and the factor rises again"""

    def factor(self, step: int, total: int) -> Setting:
        return (1 + math.cos(2 * math.pi * step / total)) / 2
