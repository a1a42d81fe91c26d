"""Layers whose randomness, modes or state are wrong, by one fault each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from planting import fault
from sound_layers import (
    Affine,
    BatchCentred,
    Dropping,
    Squash,
)
from torch import Tensor

from coreframe import (
    Constant,
    Initializer,
    Parameter,
    RandomStreams,
)


@fault("module.determinism", "the same seed")
class GlobalNoise(Dropping):
    """the noise is torch's own, and not of the model's seed"""

    def noise(self, like: Tensor, distribution: Any = "uniform") -> Tensor:
        return torch.rand(like.shape, dtype=like.dtype)


@fault("module.population", "y[")
class SharedNoise(Dropping):
    """all replicas get the noise of the first"""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.replicas:
            return super().forward(x)
        kept = (self.noise(x)[:1] >= self.p).to(x).expand(x.shape) / (1 - self.p)
        self.save(kept)
        return x * kept


@fault("module.mode", "two evaluations")
class NoiseInEvaluation(Dropping):
    """numbers are dropped in evaluation, too"""

    def forward(self, x: Tensor) -> Tensor:
        kept = (torch.rand(x.shape) >= self.p).to(x) / (1 - self.p)
        self.save(kept)
        return x * kept


@fault("module.mode", "differs_in_evaluation")
class UndeclaredMode(Squash):
    """evaluation gives something else, and nothing says so"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if self.training else x.clamp(-1, 1)


@fault("module.mode", "buffers")
class LearnsInEvaluation(BatchCentred):
    """the running mean follows the batches of an evaluation"""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            share = self.share_of_each(x)
            self.follow((share * x).sum(-2), share)
        return super().forward(x)


@fault("module.mode", "two evaluations")
class PlainBuffer(BatchCentred):
    """the running mean is a plain attribute, which no state holds"""

    def forward(self, x: Tensor) -> Tensor:
        self.moving = vars(self).get("moving", 0.0) + 0.1 * x.mean()
        return super().forward(x) + (0.0 if self.training else self.moving)


@fault("module.padding", "samples of its own")
class CountsPadding(BatchCentred):
    """samples that only pad a batch count in the mean"""

    def share_of_each(self, x: Tensor) -> Tensor:
        return x.new_full((*x.shape[:-1], 1), 1 / max(1, x.shape[-2]))


@fault("module.initial-values", "weight")
class HalfVariance(Affine):
    """initial values have half the declared variance"""

    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__(in_size, out_size)
        self.weight = Parameter((out_size, in_size), Halved(self.weight.initializer))


class Halved(Initializer):
    """Half the variance of another."""

    def __init__(self, other: Initializer) -> None:
        self.other = other
        self.deviation = other.deviation

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        drawn: Tensor = self.other.draw(shape, random) * 0.5**0.5
        return drawn


@fault("module.initial-values", "gradient")
class KeepsOldGradient(Affine):
    """reset_weights leaves the gradients of before"""

    def reset_weights(self) -> None:
        before = [parameter.grad.clone() for parameter in self.param()]
        super().reset_weights()
        for parameter, grad in zip(self.param(), before, strict=True):
            parameter.grad.copy_(grad)


@fault("module.population", "weight[")
class SharedDraw(Affine):
    """all replicas begin with the values of the first"""

    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__(in_size, out_size)
        self.weight = Parameter((out_size, in_size), OneDraw(self.weight.initializer))


class OneDraw(Initializer):
    """The first replica's draw for all."""

    def __init__(self, other: Initializer) -> None:
        self.other = other
        self.deviation = other.deviation

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        drawn = self.other.draw(shape, random)
        return drawn[:1].expand(drawn.shape) if random.replicas else drawn


@fault("module.repr", "assembled again")
class HiddenCount(Affine):
    """each new layer draws wider values than the last, which no spec tells"""

    made = 0

    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__(in_size, out_size)
        HiddenCount.made += 1
        self.bias = Parameter((out_size,), Constant(float(HiddenCount.made)))


@fault("module.state", "state")
class LooseNames(Affine):
    """load_state takes what it finds, and leaves out the rest without a word"""

    def load_state(self, state: Any) -> Any:
        own = self.state()
        return super().load_state({name: state.get(name, own[name]) for name in own})
