"""Small components with a mean, a buffer and noise, for tests of training.

`STATISTICS` offers them by name, as `TOYS` does.
"""

from __future__ import annotations

import torch
from coreframe_toys import SumOfSquares, Toys
from torch import Tensor

from coreframe import Buffer, Module, Shape

__all__ = ["STATISTICS", "MeanOfSquares", "Noise", "RunningMean"]


class MeanOfSquares(SumOfSquares):
    """ℓ = (1/n) Σᵢ (predᵢ − actualᵢ)², n counting the elements; dpred = (2/n) (pred − actual)."""

    reduction = "mean"

    def counted(self, elements: Tensor, weight: Tensor | None) -> Tensor | float:
        return self.share(elements, weight)


class RunningMean(Module):
    """y = x; keeps m ← 0.9 m + 0.1 mean(x) while training, in double precision."""

    def __init__(self, size: int) -> None:
        self.mean = Buffer((size,), dtype=torch.float64)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.mean.value = self._updated(x.double())
        self.save()
        return x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape

    def _updated(self, x: Tensor) -> Tensor:
        if self.padding is None:
            return 0.9 * self.mean.value + 0.1 * x.mean(-2)
        counts = torch.tensor(self.padding.counts).unsqueeze(-1)
        means = (x * self.padding.weight.unsqueeze(-1)).sum(-2) / counts
        return torch.where(counts > 0, 0.9 * self.mean.value + 0.1 * means, self.mean.value)


class Noise(Module):
    """y = x + u while training, u uniform in [0, 0.1) from the noise stream; dx = dy."""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        if not self.training:
            return x
        return x + 0.1 * self.noise(x)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape


STATISTICS = Toys("coreframe-statistics", MeanOfSquares, Noise, RunningMean)
