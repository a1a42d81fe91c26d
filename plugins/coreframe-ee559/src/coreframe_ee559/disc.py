"""Disc: the report's toy data, points inside and outside a disc."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt
from typing import Self

import torch
from torch import Generator, Tensor

from coreframe import Dataset, Example, Selection, TensorSplit, whole_number

__all__ = ["CENTRE", "RADIUS", "Disc"]

CENTRE = (0.5, 0.5)
RADIUS = sqrt(1 / (2 * pi))  # of the disc of area one half


class Disc(Dataset):
    """Points uniform in [0, 1]², labelled by whether they lie in a disc of area one half.

    y = [(x₁ − ½)² + (x₂ − ½)² ≤ 1 / (2π)],  one-hot: inside is class 1

    Half of the points are inside on average, so a constant guess scores 50 %.

    Shapes: input (*replicas, samples, 2), target (*replicas, samples, 2), in `train` and `test`.
    Source: the report, §III.A (createData).

    Args:
        samples: points for training, and as many for testing.
        standardize: subtract the mean and divide by the standard deviation of the training
            points, per coordinate, in both splits.
        seed: of the points; a sequence of seeds gives each replica points of its own.

    Raises:
        ArgumentError: for fewer than two samples.
    """

    replica_settings = ("seed",)
    disjoint_splits = True

    train: TensorSplit
    test: TensorSplit

    def __init__(
        self, samples: int = 1000, *, standardize: bool = False, seed: int | Sequence[int] = 0
    ) -> None:
        samples = whole_number("Disc: samples", samples, minimum=2)
        if isinstance(seed, int):
            points = _draw_points(samples, seed)
            replicas: tuple[int, ...] = ()
        else:
            points = torch.stack([_draw_points(samples, number) for number in seed])
            replicas = (len(seed),)
        target = _label(points)
        self._mean, self._spread = torch.zeros(()), torch.ones(())
        if standardize:
            # Fitted on the training points alone: the test points must stay unseen.
            train = points[..., :samples, :]
            self._spread, self._mean = torch.std_mean(train, dim=-2, keepdim=True)
        points = self.standardized(points)
        self.train = TensorSplit(points[..., :samples, :], target[..., :samples, :], replicas)
        self.test = TensorSplit(points[..., samples:, :], target[..., samples:, :], replicas)

    @property
    def fitted_by(self) -> str:
        return "standardize=True" if self.arguments.get("standardize") else ""

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(20)),
            Example(cls(20, standardize=True, seed=3)),
            Example(cls(20, standardize=True, seed=[1, 2])),
        ]

    def select(self, replicas: Selection | Tensor) -> Self:
        each_its_own = self.replicas and self._mean.dim()
        super().select(replicas)
        if each_its_own:
            chosen = torch.as_tensor(replicas)
            self._mean, self._spread = self._mean[chosen], self._spread[chosen]
        return self

    def standardized(self, points: Tensor) -> Tensor:
        """Points `(*replicas, n, 2)` of the unit square, as the network is fed them."""
        return (points - self._mean) / self._spread


def _draw_points(samples: int, seed: int) -> Tensor:
    return torch.rand(2 * samples, 2, generator=Generator().manual_seed(seed))


def _label(points: Tensor) -> Tensor:
    inside = (points - torch.tensor(CENTRE)).square().sum(-1) <= RADIUS**2
    return torch.stack([~inside, inside], dim=-1).to(points.dtype)
