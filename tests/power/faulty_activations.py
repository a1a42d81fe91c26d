"""Activation functions that are wrong, by one fault each."""

from __future__ import annotations

from planting import fault
from torch import Tensor

from coreframe import Example
from coreframe_activations import ELU, GELU, LogSoftmax, Softmax, Softplus


@fault("module.gradient", "GELU")
class SlopeOfOtherGELU(GELU):
    """forward is exact, and backward is that of the approximation by tanh"""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (3,))]

    def slope(self, kept: Tensor) -> Tensor:
        return GELU("tanh").slope(kept)


@fault("module.gradient", "x[")
class ELUSlopeWithoutAlpha(ELU):
    """below zero the slope is y + 1, which is right for α = 1 alone"""

    def slope(self, kept: Tensor) -> Tensor:
        return kept.clamp(max=0).add_(1)


@fault("module.gradient", "x[")
class SoftplusWithoutChainRule(Softplus):
    """the slope is divided by β once more"""

    def slope(self, kept: Tensor) -> Tensor:
        return super().slope(kept).div_(self.beta)


@fault("module.extremes", "inputs of size")
class NaiveSoftplus(Softplus):
    """log(1 + eˣ) as it is written: the exponential overflows"""

    def function(self, x: Tensor) -> Tensor:
        return (x * self.beta).exp().log1p().div(self.beta)


@fault("module.extremes", "inputs of size")
class LogOfRoundedSoftmax(LogSoftmax):
    """the logarithm is taken of a softmax that has been rounded to zero"""

    def function(self, x: Tensor) -> Tensor:
        return x.softmax(-1).log()

    def gradient(self, y: Tensor, dy: Tensor) -> Tensor:
        return super().gradient(y, dy).mul(y / y)


@fault("module.population", "replica")
class SoftmaxOfReplicas(Softmax):
    """the softmax is over the first axis behind the first: right for (batch, features) alone"""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (4,))]

    def function(self, x: Tensor) -> Tensor:
        return x.softmax(1)


@fault("module.misfits", "taken by forward")
class SoftmaxOfTheBatch(Softmax):
    """an input without features is taken, and its batch for them"""

    def forward(self, x: Tensor) -> Tensor:
        y = self.function(x)
        self.save(y)
        return y
