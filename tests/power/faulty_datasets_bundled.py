"""Datasets of coreframe-datasets, and its standardization, with one fault each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from planting import fault
from torch import Tensor

from coreframe import Example, Split, TensorSplit
from coreframe_datasets import Blobs, Iris, Moons, Standardize, Wine


def joined(*splits: TensorSplit) -> TensorSplit:
    """The samples of several splits in one."""
    axis = len(splits[0].replicas)
    inputs, targets = zip(*((split.input, split.target) for split in splits), strict=True)
    return TensorSplit(torch.cat(inputs, axis), torch.cat(targets, axis), splits[0].replicas)


@fault("dataset.disjoint", "more than one split")
class TrainsOnTest(Wine):
    """the test samples are trained on, too"""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.train = joined(self.train, self.test)

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(one_hot=True))]


@fault("dataset.disjoint", "more than one split")
class DealsRepeatedRows(Iris):
    """of the flower that is in the table twice, one is trained on and the other tested"""

    def __init__(self, *, one_hot: bool = True, seed: int | Sequence[int] = 0) -> None:
        super().__init__(one_hot=one_hot, seed=seed)
        table = Iris(one_hot=one_hot, seed=0).train
        twice = (table.input.unsqueeze(1) == table.input).all(-1).sum(-1) > 1
        row = int(twice.nonzero()[0])
        self.test.input[..., 0, :] = table.input[row]
        self.test.target[..., 0, :] = table.target[row]

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls())]


@fault("dataset.seed", "replica 1")
class StandardizedTogether(Wine):
    """all replicas are standardized by the samples of the first one"""

    def __init__(self, *, one_hot: bool = True, seed: int | Sequence[int] = 0) -> None:
        super().__init__(one_hot=one_hot, seed=seed)
        x = self.train.input[0] if self.train.replicas else self.train.input
        spread, mean = torch.std_mean(x, 0, correction=0)
        for split in (self.train, self.test, self.validation):
            assert isinstance(split, TensorSplit)
            split.input = (split.input - mean) / spread

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls())]


@fault("dataset.repr", "made again")
class GlobalPointNoise(Moons):
    """the noise is drawn by torch's own generator"""

    def __init__(
        self, samples: int = 1000, *, one_hot: bool = True, seed: int | Sequence[int] = 0
    ) -> None:
        super().__init__(samples, noise=0.0, one_hot=one_hot, seed=seed)
        self.train.input += 0.1 * torch.randn(self.train.input.shape)

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(12))]


@fault("dataset.disjoint", "more than one split")
class TestsLikeTraining(Blobs):
    """the points for testing are drawn by the generator of the training points"""

    def __init__(
        self, samples: int = 1000, *, one_hot: bool = True, seed: int | Sequence[int] = 0
    ) -> None:
        super().__init__(samples, one_hot=one_hot, seed=seed)
        self.test = Blobs(samples, one_hot=one_hot, seed=seed).train

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(12))]


@fault("module.known", "is nan")
class DividesByZero(Standardize):
    """a constant feature is divided by its deviation, which is zero"""

    def fit(self, split: Split) -> Any:
        super().fit(split)
        x, _ = split.take(torch.arange(len(split)))
        self.deviation.value = x.std(0, correction=0)
        return self

    @classmethod
    def examples(cls) -> list[Example]:
        x = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
        fitted = cls(2).initialize(seed=0).fit(TensorSplit(x, torch.zeros(2)))
        return [Example(fitted, (2,), known=[([[4.0, 5.0]], [[2.0, 0.0]])])]


@fault("module.gradient", "x[")
class GradientAsItComes(Standardize):
    """the gradient is handed on without the division"""

    @classmethod
    def examples(cls) -> list[Example]:
        x = torch.tensor([[1.0], [5.0]])
        return [Example(cls(1).initialize(seed=0).fit(TensorSplit(x, torch.zeros(2))), (1,))]

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy


@fault("module.known", "y[")
class StandardizesBatch(Standardize):
    """the batch is standardized by itself, so that a sample's output depends on its neighbours"""

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(len(self.replicas), keepdim=True)
        spread = centred.square().mean(len(self.replicas), keepdim=True).sqrt()
        return super().forward(centred / spread.clamp(min=1e-6))


@fault("module.state", "mean")
class ForgetsItsFit(Standardize):
    """mean and deviation are plain attributes, which no state has"""

    def state(self) -> dict[str, Tensor]:
        return {}
