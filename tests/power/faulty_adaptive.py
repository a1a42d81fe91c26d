"""Adaptive optimizers with one fault each."""

from __future__ import annotations

from typing import Any

import torch
from planting import fault
from torch import Tensor

from coreframe import Slab, add_scaled
from coreframe_optimizers import SGD, Adagrad, Adam, AdamW, Lion, NAdam, RMSprop


@fault("optimizer.known", "known after step 1")
class CorrectsForTheNextStep(Adam):
    """the bias correction counts one step too many"""

    def update(self, slab: Slab) -> None:
        slab.steps = slab.steps + 1
        super().update(slab)


@fault("optimizer.known", "known after step 1")
class EpsilonInsideTheRoot(Adam):
    """ε is added to the second moment, and not to its root"""

    def update(self, slab: Slab) -> None:
        eps = slab.settings["eps"]
        slab.settings = {**slab.settings, "eps": 1e-30}
        before = slab.value.clone()
        super().update(slab)
        step = slab.value - before  # η m̂ / √ŝ
        beta2: Any = slab.settings["beta2"]
        s = slab.state["second_moment"] / slab.expand(1 - beta2**slab.steps)
        torch.addcmul(before, step, (s / (s + eps)).sqrt(), out=slab.value)


@fault("optimizer.known", "known after step 1")
class DecaysInTheMoments(AdamW):
    """the decay is coupled: it goes through the moments, as in Adam"""

    update = Adam.update


@fault("optimizer.population", "lone model")
class SharesSecondMoment(AdamW):
    """all replicas divide by one second moment"""

    def update(self, slab: Slab) -> None:
        super().update(slab)
        if self.replicas:
            for segment in slab.segments:
                moment = segment.view(slab.state["second_moment"])
                moment.copy_(moment.mean(0).expand(moment.shape))


@fault("optimizer.known", "known after step 1")
class LooksBack(SGD):
    """Nesterov's momentum looks from where it was, back along the velocity"""

    def update(self, slab: Slab) -> None:
        super().update(slab)
        if self.nesterov:
            share = 2 * slab.settings["lr"] * slab.settings["momentum"]
            add_scaled(slab.value, share, slab.state["velocity"], out=slab.value)


@fault("optimizer.known", "known after step 1")
class DampsTheFirstStep(SGD):
    """dampening makes the first velocity less than the gradient"""

    def update(self, slab: Slab) -> None:
        slab.steps = slab.steps + 1
        super().update(slab)


@fault("optimizer.known", "known after step 1")
class AddsSquaredMean(RMSprop):
    """centred, the squared mean is added to the mean square instead of taken off"""

    def _root(self, slab: Slab, g: Tensor) -> Tensor:
        root = super()._root(slab, g)
        if not self.centered:
            return root
        return torch.addcmul(
            slab.state["mean_square"], slab.state["mean"], slab.state["mean"]
        ).sqrt_()


@fault("optimizer.resting", "must not notice")
class OneCountOfSteps(Adam):
    """the correction goes by the replica with the fewest steps"""

    def update(self, slab: Slab) -> None:
        if isinstance(slab.steps, Tensor):
            slab.steps = slab.steps.min().expand(slab.steps.shape)
        super().update(slab)


@fault("optimizer.state", "without the interruption")
class ForgetsMomentum(NAdam):
    """the product of the momenta is counted by calls, which a restored state does not know"""

    def update(self, slab: Slab) -> None:
        self.calls = vars(self).get("calls", 0) + 1
        slab.steps = self.calls
        super().update(slab)


@fault("optimizer.gradients", "must not change a gradient")
class CouplesInPlace(Adagrad):
    """the decay is added to the gradient itself"""

    def update(self, slab: Slab) -> None:
        add_scaled(slab.grad, 0.01, slab.value, out=slab.grad)
        super().update(slab)


@fault("optimizer.known", "known after step 2")
class SignOfTheMean(Lion):
    """the step goes by the sign of the running mean, without the gradient of the step"""

    def update(self, slab: Slab) -> None:
        before = slab.value.clone()
        mean = slab.state["first_moment"].clone()
        super().update(slab)
        if isinstance(slab.steps, int) and slab.steps > 1:
            add_scaled(before, slab.settings["lr"], mean.sign(), sign=-1, out=slab.value)


@fault("optimizer.settings", "lone model")
class SecondRateOfTheFirst(AdamW):
    """all replicas have the second decay rate of the first"""

    def update(self, slab: Slab) -> None:
        if isinstance(self.beta2, tuple):
            slab.settings = {**slab.settings, "beta2": self.beta2[0]}
        super().update(slab)


@fault("optimizer.factor", "a schedule's factor")
class DecaysWithoutSchedule(AdamW):
    """the decay goes on while a schedule holds the learning rate at zero"""

    def update(self, slab: Slab) -> None:
        super().update(slab)
        slab.value.mul_(0.999)


@fault("optimizer.overrides", "the usual one for the rest")
class DecaysAllAlike(AdamW):
    """the decay is that of the constructor, whatever the overrides say"""

    def update(self, slab: Slab) -> None:
        if self.overrides and isinstance(self.weight_decay, float):
            slab.settings = {**slab.settings, "weight_decay": self.weight_decay}
        super().update(slab)
