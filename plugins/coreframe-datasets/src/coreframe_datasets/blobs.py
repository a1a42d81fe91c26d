"""Blobs: normally distributed points around centres."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from coreframe import Dataset, Example, TensorSplit, whole_number
from coreframe_datasets.drawn import draw_splits
from coreframe_datasets.numbers import finite_number

__all__ = ["Blobs"]

BOX = 10.0  # centres lie within so much of 0, on each axis


class Blobs(Dataset):
    """Normally distributed points around a centre of each class.

    x = c + deviation · z, z ~ N(0, 1), where the centre c of a class is uniform in [−10, 10]ⁿ

    Classes are equally frequent. A seed draws its centres, which all its splits share, and then the
    points.

    Shapes: input (*replicas, samples, features), target (*replicas, samples) of class indices or
    (*replicas, samples, classes) one-hot, in `train`, `validation` and `test`.
    Source: scikit-learn, `make_blobs`.

    Args:
        samples: points of each split, of all classes together.
        classes: number of centres, two or more.
        features: number of coordinates, two or more.
        deviation: standard deviation of the points around their centre, above 0.
        one_hot: whether targets are one-hot rows, as MSE takes them, instead of class indices.
        seed: of the points; a sequence of seeds gives each replica points of its own.

    Raises:
        ArgumentError: for an argument that is out of range.
    """

    replica_settings = ("seed",)
    disjoint_splits = True

    train: TensorSplit
    test: TensorSplit

    def __init__(
        self,
        samples: int = 1000,
        *,
        classes: int = 3,
        features: int = 2,
        deviation: float = 1.0,
        one_hot: bool = False,
        seed: int | Sequence[int] = 0,
    ) -> None:
        count = whole_number("Blobs: classes", classes, minimum=2)
        axes = whole_number("Blobs: features", features, minimum=2)
        spread = finite_number("Blobs: deviation", deviation, positive=True)

        def draw(labels: Tensor, generator: Generator) -> Tensor:
            centres = BOX * (2 * torch.rand(count, axes, generator=generator) - 1)
            noise = torch.randn(len(labels), axes, generator=generator)
            return centres[labels] + spread * noise

        splits = draw_splits("Blobs", draw, count, samples, one_hot=one_hot, seed=seed)
        self.train, self.validation, self.test = splits

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(20, one_hot=True)),
            Example(cls(20, classes=2, features=5, deviation=0.5, one_hot=True, seed=[1, 2])),
        ]
