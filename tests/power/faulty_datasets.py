"""Datasets with one fault each."""

from __future__ import annotations

from typing import Any

import torch
from planting import fault
from sound_datasets import Halves
from torch import Tensor

from coreframe import TensorSplit


class FirstOnes(TensorSplit):
    """The first samples, whatever the indices are."""

    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        order = torch.arange(indices.shape[-1]).expand(indices.shape)
        return super().take(order % len(self))


class OneRow(TensorSplit):
    """Targets without their last axis."""

    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        x, y = super().take(indices)
        return x, y.flatten(0, 1) if y.dim() > 2 else y


@fault("dataset.disjoint", "more than one split")
class Leaks(Halves):
    """train and test are drawn alike"""

    def split(self, offset: int) -> Any:
        return super().split(0)


@fault("dataset.seed", "another seed")
class IgnoresSeed(Halves):
    """every seed draws the same points"""

    def draw(self, seed: int, offset: int) -> tuple[Tensor, Tensor]:
        return super().draw(0, offset)


@fault("dataset.repr", "made again")
class GlobalSeed(Halves):
    """points are drawn from torch's own generator"""

    def draw(self, seed: int, offset: int) -> tuple[Tensor, Tensor]:
        x, y = super().draw(seed, offset)
        return x + torch.rand(x.shape), y


@fault("dataset.seed", "replica")
class SharedDraws(Halves):
    """all replicas have the points of the first seed"""

    def split(self, offset: int) -> Any:
        if isinstance(self.seed, int):
            return super().split(offset)
        x, y = self.draw(self.seed[0], offset)
        count = len(self.seed)
        return TensorSplit(x.expand(count, -1, -1), y.expand(count, -1, -1), (count,))


@fault("dataset.order", "asked for")
class WrongOrder(Halves):
    """take gives the first samples, whatever the indices"""

    def split(self, offset: int) -> Any:
        split = super().split(offset)
        x, y = split.take(torch.arange(len(split)).expand(*split.replicas, -1))
        return FirstOnes(x, y, split.replicas)


@fault("dataset.shapes", "must begin so")
class LostAxis(Halves):
    """targets of a population lose an axis"""

    def split(self, offset: int) -> Any:
        split = super().split(offset)
        x, y = split.take(torch.arange(len(split)).expand(*split.replicas, -1))
        return OneRow(x, y, split.replicas)


@fault("dataset.targets", "are the same")
class OneClass(Halves):
    """all targets are of one class"""

    def draw(self, seed: int, offset: int) -> tuple[Tensor, Tensor]:
        x, y = super().draw(seed, offset)
        return x, torch.eye(2)[torch.ones(len(y), dtype=torch.int64)]


@fault("dataset.targets", "not finite")
class NaNInputs(Halves):
    """a missing number is NaN"""

    def draw(self, seed: int, offset: int) -> tuple[Tensor, Tensor]:
        x, y = super().draw(seed, offset)
        return torch.cat([x[:1] * float("nan"), x[1:]]), y
