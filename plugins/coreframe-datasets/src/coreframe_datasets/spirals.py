"""Spirals: arms that turn around each other."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import torch
from torch import Generator, Tensor

from coreframe import Dataset, Example, TensorSplit, whole_number
from coreframe_datasets.drawn import draw_splits
from coreframe_datasets.numbers import finite_number

__all__ = ["Spirals"]


class Spirals(Dataset):
    """Arms that turn around each other, one for each class.

    x = u (cos φ, sin φ), φ = 2π (turns · u + class / classes), u uniform in [0, 1]

    Classes are equally frequent, and all points are drawn independently. Without noise, two splits
    may by chance share a point.

    Shapes: input (*replicas, samples, 2), target (*replicas, samples) of class indices or
    (*replicas, samples, classes) one-hot, in `train`, `validation` and `test`.
    Source: Lang and Witbrock 1988, Learning to tell two spirals apart.

    Args:
        samples: points of each split, of all classes together.
        classes: number of arms, two or more.
        turns: how often an arm turns around the centre.
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
        classes: int = 2,
        turns: float = 1.5,
        noise: float = 0.02,
        one_hot: bool = False,
        seed: int | Sequence[int] = 0,
    ) -> None:
        arms = whole_number("Spirals: classes", classes, minimum=2)
        winding = finite_number("Spirals: turns", turns)
        spread = finite_number("Spirals: noise", noise)

        def draw(labels: Tensor, generator: Generator) -> Tensor:
            u = torch.rand(len(labels), generator=generator)
            angle = 2 * pi * (winding * u + labels / arms)
            points = torch.stack([u * angle.cos(), u * angle.sin()], -1)
            return points + spread * torch.randn(points.shape, generator=generator)

        splits = draw_splits("Spirals", draw, arms, samples, one_hot=one_hot, seed=seed)
        self.train, self.validation, self.test = splits

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(20, one_hot=True)),
            Example(cls(20, classes=3, turns=0.5, noise=0.0, one_hot=True, seed=[1, 2])),
        ]
