"""Layers for tables that are wrong, by one fault each."""

from __future__ import annotations

from math import pi

import torch
from planting import fault
from torch import Tensor

from coreframe_tables import (
    BatchEnsemble,
    CategoricalEmbedding,
    MemberCopies,
    MemberMean,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
)


@fault("module.gradient", "unknown[")
class UnknownNeverLearned(CategoricalEmbedding):
    """the vector of unknown values gets no gradient"""

    def backward(self, *gradwrtoutput: Tensor) -> None:
        before = self.unknown.grad.clone()
        super().backward(*gradwrtoutput)
        self.unknown.grad.copy_(before)


@fault("module.gradient", "weight[")
class UnknownTeachesTheLast(CategoricalEmbedding):
    """unknown values add their gradient to the row that stands in for them, too"""

    def backward(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        places, absent = self.saved()
        self.save(places, absent)
        super().backward(*gradwrtoutput)
        of_unknown = dy.masked_fill(~absent, 0.0).reshape(-1, self.size)
        self.weight.grad.view(-1, self.size).index_add_(0, places, of_unknown)


@fault("module.population", "weight[")
class TableOfTheFirstReplica(CategoricalEmbedding):
    """every replica looks up in the table of the first one"""

    def _places(self, x: Tensor) -> Tensor:
        places = super()._places(x)
        return places % self.weight.shape[0] if self.replicas else places


@fault("module.gradient", "x[")
class SlopeOfHeldBins(PiecewiseLinearEmbedding):
    """bins that x has passed, or has not come to, give it a gradient, too"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        placed = self._placed
        starts, slopes, _, most = placed
        everywhere = torch.full_like(most, torch.inf)
        self._placed = (starts, slopes, -everywhere, everywhere)
        try:
            return super().backward(*gradwrtoutput)
        finally:
            self._placed = placed


@fault("module.gradient", "x[")
class SlopeWithoutWidth(PiecewiseLinearEmbedding):
    """backward forgets that a bin's share rises by 1 / width"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        placed = self._placed
        starts, slopes, *held = placed
        self._placed = (starts, slopes.sign(), *held)
        try:
            return super().backward(*gradwrtoutput)
        finally:
            self._placed = placed


@fault("module.gradient", "frequency[")
class FrequencyInRadians(PeriodicEmbedding):
    """the gradient of the frequencies lacks the factor 2π"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        before = self.frequency.grad.clone()
        dx = super().backward(*gradwrtoutput)
        self.frequency.grad.sub_(before).div_(2 * pi).add_(before)
        return dx


@fault("module.gradient", "weight[")
class UnscaledInput(BatchEnsemble):
    """the gradient of the shared weight is taken at the input before its factors"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        x, h = self.saved()
        self.save(x, h)
        before = self.weight.grad.clone()
        dx = super().backward(dy)
        dh = dy.reshape(h.shape) * self.out_factor.value.unsqueeze(-3)
        self.weight.grad.copy_(before + torch.einsum("...nmo,...nmi->...oi", dh, x))
        return dx


@fault("module.gradient", "x[")
class MeanForSum(MemberCopies):
    """the members' gradients are averaged where they add up"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput) / self.members


@fault("module.gradient", "x[")
class WholeOfEachMember(MemberMean):
    """each member gets the whole gradient rather than its share"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput) * self.members
