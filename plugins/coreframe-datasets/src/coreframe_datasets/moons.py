"""Moons: two half circles that reach into each other."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import torch
from torch import Generator, Tensor

from coreframe import Dataset, Example, TensorSplit
from coreframe_datasets.drawn import draw_splits
from coreframe_datasets.numbers import finite_number

__all__ = ["Moons"]


class Moons(Dataset):
    """Two half circles that reach into each other.

    x = (cos t, sin t) in class 0 and (1 − cos t, ½ − sin t) in class 1, t uniform in [0, π]

    Classes are equally frequent, and all points are drawn independently. Without noise, two splits
    may by chance share a point.

    Shapes: input (*replicas, samples, 2), target (*replicas, samples) of class indices or
    (*replicas, samples, 2) one-hot, in `train`, `validation` and `test`.
    Source: scikit-learn, `make_moons`, where t is a grid.

    Args:
        samples: points of each split, of all classes together.
        noise: standard deviation of what is added to each coordinate.
        one_hot: whether targets are one-hot rows, as MSE takes them, instead of class indices.
        seed: of the points; a sequence of seeds gives each replica points of its own.

    Raises:
        ArgumentError: for an argument that is out of range.
    """

    replica_settings = ("seed",)

    train: TensorSplit
    test: TensorSplit

    def __init__(
        self,
        samples: int = 1000,
        *,
        noise: float = 0.1,
        one_hot: bool = False,
        seed: int | Sequence[int] = 0,
    ) -> None:
        spread = finite_number("Moons: noise", noise)

        def draw(labels: Tensor, generator: Generator) -> Tensor:
            t = pi * torch.rand(len(labels), generator=generator)
            first = torch.stack([t.cos(), t.sin()], -1)
            second = torch.stack([1 - t.cos(), 0.5 - t.sin()], -1)
            points = torch.where(labels.unsqueeze(-1) == 0, first, second)
            return points + spread * torch.randn(points.shape, generator=generator)

        splits = draw_splits("Moons", draw, 2, samples, one_hot=one_hot, seed=seed)
        self.train, self.validation, self.test = splits

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(20, one_hot=True)),
            Example(cls(21, noise=0.0, one_hot=True, seed=[1, 2])),
        ]
