"""A sound dataset, for faults to be planted in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from coreframe import Dataset, Example, TensorSplit


class Halves(Dataset):
    """Points of the plane, in two classes: right of x₀ = 0, or not; one-hot targets."""

    disjoint_splits = True

    def __init__(self, samples: int = 12, *, seed: int | Sequence[int] = 0) -> None:
        self.samples, self.seed = samples, seed
        self.train, self.test = (self.split(offset) for offset in (0, 1))

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls()), Example(cls(5, seed=[1, 2]))]

    def split(self, offset: int) -> Any:
        """One split: those of different offsets share no point."""
        if isinstance(self.seed, int):
            return TensorSplit(*self.draw(self.seed, offset))
        x, y = zip(*(self.draw(seed, offset) for seed in self.seed), strict=True)
        return TensorSplit(torch.stack(x), torch.stack(y), (len(x),))

    def draw(self, seed: int, offset: int) -> tuple[Tensor, Tensor]:
        """The points of a seed, and their targets."""
        generator = torch.Generator().manual_seed(2 * seed + offset)
        x = torch.randn(self.samples, 2, generator=generator)
        return x, torch.eye(2)[(x[:, 0] > 0).long()]
