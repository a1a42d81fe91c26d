"""draw_splits: points that are drawn, as the splits of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor

from coreframe import TensorSplit, whole_number
from coreframe_datasets.seeds import Splits, for_each_seed
from coreframe_datasets.targets import targets_of

__all__ = ["draw_splits"]

SPLITS = ("train", "validation", "test")


def draw_splits(
    dataset: str,
    draw: Callable[[Tensor, Generator], Tensor],
    classes: int,
    samples: int,
    *,
    one_hot: bool,
    seed: int | Sequence[int],
) -> tuple[TensorSplit, TensorSplit, TensorSplit]:
    """Train, validation and test, of so many samples each, for a seed or for each of several.

    `draw` gives the points of all three together for their classes, which are equally frequent
    in each and in random order.

    Raises:
        ArgumentError: for fewer samples than classes, or seeds that are no integers.
    """
    count = whole_number(f"{dataset}: samples", samples, minimum=classes)

    def make(generator: Generator) -> Splits:
        parts = [torch.randperm(count, generator=generator) % classes for _ in SPLITS]
        labels = torch.cat(parts)
        inputs = torch.split(draw(labels, generator), count)
        targets = torch.split(targets_of(labels, classes, one_hot=one_hot), count)
        return dict(zip(SPLITS, zip(inputs, targets, strict=True), strict=True))

    made = for_each_seed(dataset, seed, make)
    return made["train"], made["validation"], made["test"]
