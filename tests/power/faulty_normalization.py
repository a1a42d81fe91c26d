"""Normalization layers that are wrong, by one fault each."""

from __future__ import annotations

import torch
from planting import fault
from torch import Tensor

from coreframe_normalization import BatchNorm, LayerNorm, RMSNorm


@fault("module.gradient", "x[")
class LayerNormWithoutMeanTerm(LayerNorm):
    """backward takes the mean for a constant: the term mean g is left out"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.centres = False
        dx = super().backward(*gradwrtoutput)
        del self.centres
        return dx


@fault("module.known", "y[")
class EpsOutsideRoot(RMSNorm):
    """ε is added to the root, and not to what stands under it"""

    def normalized(self, x: Tensor) -> tuple[Tensor, Tensor]:
        inverse = 1 / (x.square().mean(self.axes, keepdim=True).sqrt() + self.eps)
        return x * inverse, inverse


@fault("module.padding", "running_var")
class VarianceCorrectedByBatch(BatchNorm):
    """the running variance is corrected by the batch with its padding, not by a replica's samples"""

    def _follow(self, mean: Tensor, variance: Tensor, numbers: Tensor) -> None:
        super()._follow(mean, variance, torch.full_like(numbers, float(numbers.max())))


@fault("module.padding", "replica")
class PaddingInStatistics(BatchNorm):
    """mean and variance are taken over padding, too"""

    def _own(self, x: Tensor) -> tuple[Tensor | None, Tensor]:
        places = x.shape[len(self.replicas) + 2 :].numel()
        return None, x.new_full((), x.shape[len(self.replicas)] * places)


@fault("module.population", "replica")
class StatisticsOfFirstReplica(BatchNorm):
    """the running statistics of every replica follow the first one's batch"""

    def _follow(self, mean: Tensor, variance: Tensor, numbers: Tensor) -> None:
        if self.replicas:
            mean, variance = mean[:1].expand_as(mean), variance[:1].expand_as(variance)
        super()._follow(mean, variance, numbers)


@fault("module.padding", "in padding")
class GradientOfPadding(BatchNorm):
    """the gradient of padding is that of the mean, and layers before it count it"""

    def save(self, *tensors: Tensor) -> None:
        super().save(*tensors[:3])
