"""Folds: cross-validation as a population, one replica for each fold."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coreframe.errors import ArgumentError
from coreframe.interfaces.dataset import Dataset, Split
from coreframe.interfaces.replicas import Replicas, Selection, resolve_selection
from coreframe.training.batches import pad_rows

__all__ = ["Folds", "Subset"]


class Subset(Split):
    """Some samples of a shared split; other ones for each replica of a population.

    Args:
        split: the shared split.
        rows: the samples' indices: one tensor, or one for each replica, of any lengths.
    """

    def __init__(self, split: Split, rows: Tensor | Sequence[Tensor]) -> None:
        if split.replicas:
            raise ArgumentError("a subset needs samples that all replicas share")
        self._split = split
        if isinstance(rows, Tensor):
            self.replicas: Replicas = ()
            self._table = rows
            self._lengths: tuple[int, ...] = (len(rows),)
        else:
            self.replicas = (len(rows),)
            self._lengths = tuple(len(row) for row in rows)
            self._table = pad_rows(rows, max(self._lengths))

    @property
    def lengths(self) -> tuple[int, ...] | None:
        return self._lengths if self.replicas else None

    def __len__(self) -> int:
        return max(self._lengths)

    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        if self.replicas:
            return self._split.take(self._table.gather(1, indices))
        return self._split.take(self._table[indices])

    def select(self, replicas: Selection) -> Subset:
        if not self.replicas:
            return self
        chosen = resolve_selection(replicas, self.replicas)
        rows = [row[:length] for row, length in zip(self._table, self._lengths, strict=True)]
        if isinstance(chosen, int):
            return Subset(self._split, rows[chosen].clone())
        return Subset(self._split, [rows[index] for index in chosen])


class Folds(Dataset):
    """k-fold cross-validation of a dataset's training samples.

    Replica r trains on all folds but the r-th, and validates on the r-th. Fold sizes differ by
    at most one. `select([0, 1, 2, 0, 1, 2])` repeats folds, for a population that tries several
    settings on each.

    Args:
        data: a dataset whose training samples all replicas share.
        count: how many folds, from 2 to the number of samples.
        seed: of the shuffle that deals the samples to folds.

    Raises:
        ArgumentError: for another count, or data that differs between replicas.
    """

    def __init__(self, data: Dataset, count: int = 5, *, seed: int = 0) -> None:
        samples = len(data.train)
        if not 2 <= count <= samples:
            raise ArgumentError(f"{samples} samples can make 2 to {samples} folds, not {count}")
        order = torch.randperm(samples, generator=torch.Generator().manual_seed(seed))
        held_out = order.tensor_split(count)
        kept = [torch.cat([*held_out[:fold], *held_out[fold + 1 :]]) for fold in range(count)]
        self.train = Subset(data.train, kept)
        self.validation = Subset(data.train, held_out)
        self.test = data.test
