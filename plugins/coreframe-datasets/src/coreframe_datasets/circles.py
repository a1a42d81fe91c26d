"""Circles: a circle around a smaller one."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import torch
from torch import Generator, Tensor

from coreframe import ArgumentError, Dataset, Example, TensorSplit
from coreframe_datasets.drawn import draw_splits
from coreframe_datasets.numbers import finite_number

__all__ = ["Circles"]


class Circles(Dataset):
    """A circle around a smaller one.

    x = r (cos t, sin t), r = 1 in class 0 and r = factor in class 1, t uniform in [0, 2π]

    Classes are equally frequent, and all points are drawn independently. Without noise, two splits
    may by chance share a point.

    Shapes: input (*replicas, samples, 2), target (*replicas, samples) of class indices or
    (*replicas, samples, 2) one-hot, in `train`, `validation` and `test`.
    Source: scikit-learn, `make_circles`, where t is a grid.

    Args:
        samples: points of each split, of all classes together.
        factor: radius of the inner circle, above 0 and below 1.
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
        factor: float = 0.5,
        noise: float = 0.1,
        one_hot: bool = False,
        seed: int | Sequence[int] = 0,
    ) -> None:
        radius = finite_number("Circles: factor", factor, positive=True)
        if radius >= 1:
            raise ArgumentError(f"Circles: factor must be below 1, got {factor!r}")
        spread = finite_number("Circles: noise", noise)

        def draw(labels: Tensor, generator: Generator) -> Tensor:
            t = 2 * pi * torch.rand(len(labels), generator=generator)
            size = torch.where(labels == 0, 1.0, radius).to(t)
            points = torch.stack([size * t.cos(), size * t.sin()], -1)
            return points + spread * torch.randn(points.shape, generator=generator)

        splits = draw_splits("Circles", draw, 2, samples, one_hot=one_hot, seed=seed)
        self.train, self.validation, self.test = splits

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(20, one_hot=True)),
            Example(cls(21, factor=0.8, noise=0.0, one_hot=True, seed=[1, 2])),
        ]
