"""Layers that break the order of calls, or what is not theirs, by one fault each."""

from __future__ import annotations

from typing import Any

from planting import fault
from sound_layers import (
    Affine,
    Centred,
    Squash,
)
from torch import Tensor


@fault("module.accumulation", "weight[")
class Overwrites(Affine):
    """the weights' gradient is overwritten instead of accumulated"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.copy_(dy.mT @ x)
        self.bias.grad.add_(dy.sum(-2))
        return dy @ self.weight.value


@fault("module.accumulation", "zero_grad")
class TimesZeroGradient(Affine):
    """zero_grad multiplies with zero, and zero times NaN is NaN"""

    def zero_grad(self) -> None:
        for parameter in self.param():
            parameter.grad.mul_(0)


@fault("module.last-in-first-out", "x[")
class StaleSaved(Squash):
    """the output is kept in an attribute, so that the second forward replaces the first"""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        self.y = x.tanh()
        return self.y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy * (1 - self.y * self.y)


@fault("module.last-in-first-out", "x[")
class FirstInFirstOut(Squash):
    """what was saved is taken in the order of the forwards"""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        y = x.tanh()
        self.queue: list[Tensor] = [*vars(self).get("queue", ()), y]
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        y, *self.queue = self.queue
        return dy * (1 - y * y)


@fault("module.last-in-first-out", "x[")
class OnlySecondCall(Squash):
    """the second backward in a row is wrong"""

    def forward(self, x: Tensor) -> Tensor:
        self.calls = 0
        return super().forward(x)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.calls += 1
        return super().backward(*gradwrtoutput) * (1.01 if self.calls == 2 else 1.0)


@fault("module.needs-forward", "raised nothing")
class BackwardAlone(Centred):
    """a backward without a forward is taken, since nothing is saved"""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(-1, keepdim=True)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return gradwrtoutput[0] - gradwrtoutput[0].mean(-1, keepdim=True)


@fault("module.arguments", "y[")
class ChangesSaved(Squash):
    """what was saved is changed in place"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        dx: Tensor = y.square_().neg_().add_(1) * dy
        return dx


@fault("module.arguments", "dy[")
class ChangesGradient(Squash):
    """dy is changed in place"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        return dy.mul_(1 - y * y)


@fault("module.arguments", "x[")
class ChangesInput(Squash):
    """the input is overwritten with the output"""

    def forward(self, x: Tensor) -> Tensor:
        self.save(x.tanh_())
        return x.clone()


@fault("module.arguments", "weight[")
class DecaysInBackward(Affine):
    """weights decay in backward, where no optimizer knows of it"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        dx = super().backward(*gradwrtoutput)
        self.weight.value.mul_(0.999)
        return dx


@fault("module.parameters-only", "bias[")
class NoParameterGradients(Affine):
    """backward_parameters forgets the bias"""

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        before = self.bias.grad.clone()
        self.backward(*gradwrtoutput)
        self.bias.grad.copy_(before)


@fault("module.keeps-nothing", "evaluation")
class KeepsInEvaluation(Squash):
    """the output stays on the layer in evaluation, too"""

    def forward(self, x: Tensor) -> Tensor:
        self.last = x.tanh()
        self.save(self.last)
        return self.last
