"""Optimizers and schedules with one fault each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Self

import torch
from planting import fault
from sound_optimizers import Halving, Moments, Patient, Rolling
from torch import Tensor

from coreframe import Example, Module, Setting, Slab, add_scaled

# ---- the steps ----


@fault("optimizer.known", "known after step 1")
class OneMinusMomentum(Rolling):
    """v ← μ v + (1 − μ) g, which is another optimizer"""

    def update(self, slab: Slab) -> None:
        slab.grad.mul_(1 - slab.settings["momentum"])
        super().update(slab)
        slab.grad.div_(1 - slab.settings["momentum"])


@fault("optimizer.known", "known after step 1")
class GrowsInsteadOfDecaying(Rolling):
    """weight decay has the wrong sign"""

    def update(self, slab: Slab) -> None:
        add_scaled(
            slab.value, 2 * slab.settings["lr"] * slab.settings["decay"], slab.value, out=slab.value
        )
        super().update(slab)


@fault("optimizer.known", "known after step 2")
class NoCorrection(Moments):
    """moments that begin at zero are not corrected for it"""

    def update(self, slab: Slab) -> None:
        slab.steps = 10_000
        super().update(slab)


@fault("optimizer.known", "known after step 2")
class NextStepCount(Moments):
    """the correction counts one step less from the second on"""

    def update(self, slab: Slab) -> None:
        slab.steps = torch.as_tensor(slab.steps).sub(1).clamp(min=1).double()
        slab.steps = float(slab.steps) if not slab.steps.dim() else slab.steps  # type: ignore[assignment]
        super().update(slab)


@fault("optimizer.known", "known after step 1")
class StaleVelocity(Rolling):
    """values move by the velocity of the step before"""

    def update(self, slab: Slab) -> None:
        before = slab.state["velocity"].clone()
        start = slab.value.clone()
        super().update(slab)
        slab.value.copy_(start)
        add_scaled(start, slab.settings["lr"], before, sign=-1, out=slab.value)


@fault("optimizer.quadratic", "convex quadratic")
class Ascends(Rolling):
    """steps go up the gradient"""

    @classmethod
    def examples(cls) -> list[Any]:
        return [Example(partial(cls, lr=0.001))]

    def update(self, slab: Slab) -> None:
        slab.grad.neg_()
        super().update(slab)
        slab.grad.neg_()


@fault("optimizer.loop", "alone", reached_users="numpy-ml#78")
class SharedBetweenLayers(Rolling):
    """parameters of one shape share a velocity: the state is kept by shape instead of parameter"""

    def update(self, slab: Slab) -> None:
        super().update(slab)
        velocity = slab.state["velocity"]
        velocity.copy_(velocity.mean(-1, keepdim=True).expand(velocity.shape))


@fault("optimizer.kernels", "kernels")
class EachParameter(Rolling):
    """the update goes through the parameters one by one"""

    def update(self, slab: Slab) -> None:
        for segment in slab.segments:
            segment.view(slab.grad).mul_(1.0)
        super().update(slab)


@fault("optimizer.gradients", "must not change a gradient")
class DecaysGradient(Rolling):
    """weight decay is added to the gradient itself"""

    def update(self, slab: Slab) -> None:
        slab.grad.add_(slab.value, alpha=0.01)
        super().update(slab)


@fault("optimizer.nan", "not finite", reached_users="thinc's `gradient *= 0`")
class TimesZero(Rolling):
    """gradients are zeroed by a product with zero, and zero times NaN is NaN"""

    def __init__(
        self,
        model: Module,
        lr: Setting,
        *,
        momentum: Setting = 0.0,
        decay: Setting = 0.0,
        overrides: Sequence[Any] = (),
    ) -> None:
        super().__init__(model, lr, momentum=momentum, decay=decay, overrides=overrides)
        vars(model)["zero_grad"] = lambda: [p.grad.mul_(0) for p in model.param()]


@fault("optimizer.dtype", "float32")
class DoubleInside(Rolling):
    """the learning rate is rounded to two digits in single precision"""

    def update(self, slab: Slab) -> None:
        if slab.value.dtype is torch.float32:
            slab.grad.mul_(1.01)
        super().update(slab)


# ---- replicas ----


@fault("optimizer.population", "lone model")
class SharedVelocity(Rolling):
    """all replicas have one velocity"""

    def update(self, slab: Slab) -> None:
        super().update(slab)
        if self.replicas:
            for segment in slab.segments:
                velocity = segment.view(slab.state["velocity"])
                velocity.copy_(velocity.mean(0).expand(velocity.shape))


@fault("optimizer.settings", "lone model")
class FirstSetting(Rolling):
    """all replicas get the momentum of the first"""

    def update(self, slab: Slab) -> None:
        momentum = slab.settings["momentum"]
        if isinstance(momentum, Tensor):
            slab.settings = {
                **slab.settings,
                "momentum": momentum.flatten()[0].expand(momentum.shape).clone(),
            }
        super().update(slab)


@fault("optimizer.overrides", "for numbers.0")
class OneRateForAll(Rolling):
    """the learning rate of the first parameter is taken for all"""

    def update(self, slab: Slab) -> None:
        rate = slab.settings["lr"]
        if isinstance(rate, Tensor) and self.overrides:
            slab.settings = {**slab.settings, "lr": rate[:1].expand(rate.shape).clone()}
        super().update(slab)


@fault("optimizer.factor", "a schedule's factor")
class IgnoresSchedule(Rolling):
    """the learning rate is taken as it was given, whatever the schedule says"""

    def update(self, slab: Slab) -> None:
        if not isinstance(self.lr_factor, float) or self.lr_factor != 1.0:
            factor = slab.expand(torch.as_tensor(self.lr_factor, dtype=slab.value.dtype))
            factor = (
                torch.as_tensor(factor).clamp(min=0.3) if isinstance(factor, Tensor) else factor
            )
            slab.settings = {**slab.settings, "lr": 0.1 * factor}
        super().update(slab)


@fault("optimizer.resting", "rests")
class CannotRest(Rolling):
    """a replica that rests moves all the same"""

    def step(self, active: Tensor | None = None) -> None:
        super().step()


@fault("optimizer.select", "bit for bit")
class ForgetsOnSelect(Rolling):
    """select begins with new velocities"""

    def select(self, replicas: Any) -> Self:
        super().select(replicas)
        for state in self._states:
            state["velocity"].zero_()
        return self


# ---- state ----


@fault("optimizer.state", "without the interruption")
class UnsavedState(Rolling):
    """a second velocity, in an attribute, is not saved"""

    def update(self, slab: Slab) -> None:
        self.hidden = vars(self).get("hidden", torch.zeros(())) * 0.5 + slab.grad
        slab.value.sub_(0.01 * self.hidden)
        super().update(slab)


@fault("optimizer.state", "took a state")
class TakesAnyState(Rolling):
    """load_state takes a state with entries missing"""

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        own = self.state()
        return super().load_state({name: state.get(name, own[name]) for name in own})


@fault("optimizer.stale", "StaleOptimizer")
class StepsOnStale(Rolling):
    """after a move of the model it goes on, on the memory of before"""

    def step(self, active: Tensor | None = None) -> None:
        if self._storage.released:
            return
        super().step(active)


@fault("optimizer.repr", "assembled again")
class RoundedRepr(Rolling):
    """the repr rounds the momentum, and so is that of another optimizer"""

    def __repr__(self) -> str:
        return super().__repr__().replace("0.5", "0.4")


# ---- schedules ----


@fault("schedule.factors", "not negative")
class BelowZero(Halving):
    """the factor is negative at the end"""

    def factor(self, step: int, total: int) -> Setting:
        return 1 - 2 * step / total


@fault("schedule.asked-again", "asked before")
class CountsQuestions(Halving):
    """the factor falls with each question"""

    def factor(self, step: int, total: int) -> Setting:
        self.asked = vars(self).get("asked", 0) + 1
        return super().factor(step, total) if self.asked < 30 else 0.0


@fault("schedule.state", "load_state")
class UnsavedBest(Patient):
    """the best loss is not saved"""

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        _, self.level = state["numbers"].tolist()
        return self


@fault("schedule.repr", "not allowed")
class NoSpec(Halving):
    """the repr tells what the spec grammar does not know"""

    def __repr__(self) -> str:
        return f"NoSpec(step={self.state()!r})"
