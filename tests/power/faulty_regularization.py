"""Layers that regularize by noise, and are wrong by one fault each."""

from __future__ import annotations

import torch
from planting import fault
from torch import Tensor

from coreframe import Setting
from coreframe_regularization import Dropout, GaussianNoise


@fault("module.gradient", "x[")
class MaskDrawnTwice(Dropout):
    """backward draws a mask of its own"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        self.forward(dy)
        return super().backward(dy)


@fault("module.known", "y[")
class NoisyEvaluation(GaussianNoise):
    """the noise is added in evaluation, too"""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        return x + self.noise(x, "normal") * self.expand(self.std, x)


@fault("module.determinism", "seed")
class NoiseOfGlobalGenerator(GaussianNoise):
    """the noise comes from torch's global generator"""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        return x + torch.randn_like(x) if self.training else x


@fault("module.gradient", "x[")
class UnscaledGradient(Dropout):
    """the gradient passes where a number was kept, and is not divided by 1 − p"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput).mul_(1 - self.expand(self.p, gradwrtoutput[0]))


@fault("module.settings", "replica 1")
class DropsAsTheFirst(Dropout):
    """every replica drops as many as the first one"""

    def expand(self, setting: Setting | Tensor, like: Tensor) -> float | Tensor:
        numbers = super().expand(setting, like)
        return numbers if isinstance(numbers, float) else numbers[:1]
