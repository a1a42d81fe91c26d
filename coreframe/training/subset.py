"""Subset: some samples of a split."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.replicas import Replicas, Selection, resolve_selection
from coreframe.interfaces.split import Split, expect_indices
from coreframe.training.batches import pad_rows

__all__ = ["Subset"]


class Subset(Split):
    """Some samples of a shared split; other ones for each replica of a population.

    Args:
        split: the shared split.
        rows: the samples' indices, int64: one tensor, or one for each replica, of any lengths
            but zero.

    Raises:
        ArgumentError: for a split that replicas do not share, or rows that are no indices of it.
    """

    def __init__(self, split: Split, rows: Tensor | Sequence[Tensor]) -> None:
        if not isinstance(split, Split):
            raise ArgumentError(f"a subset is taken of a split, such as data.train, got {split!r}")
        if split.replicas:
            raise ArgumentError("a subset needs samples that all replicas share")
        if not isinstance(rows, Tensor | list | tuple):
            raise ArgumentError(f"the rows of a subset must be int64 tensors, got {rows!r}")
        if isinstance(rows, list | tuple) and not rows:
            raise ArgumentError("a subset for each replica needs the rows of at least one")
        for row in [rows] if isinstance(rows, Tensor) else rows:
            _expect_row(row, len(split))
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
        try:
            rows = self._rows(indices)
        except (AttributeError, IndexError, RuntimeError, TypeError):
            expect_indices(indices, len(self))  # in plainer words, if they are the reason
            raise
        return self._split.take(rows)

    def select(self, replicas: Selection) -> Subset:
        if not self.replicas:
            return self
        chosen = resolve_selection(replicas, self.replicas)
        rows = [row[:length] for row, length in zip(self._table, self._lengths, strict=True)]
        if isinstance(chosen, int):
            return Subset(self._split, rows[chosen].clone())
        return Subset(self._split, [rows[index] for index in chosen])

    def _rows(self, indices: Tensor) -> Tensor:
        table = self._table.to(indices.device)
        if not self.replicas:  # by index_select, which counts none from the end
            return table.index_select(0, indices.flatten()).view(indices.shape)
        if tuple(indices.shape[:1]) != self.replicas or indices.dim() != table.dim():
            raise ShapeError(
                f"samples of replicas {self.replicas} cannot be taken by indices of shape "
                f"{tuple(indices.shape)}; they must be (*replicas, batch)"
            )
        return table.gather(1, indices)


def _expect_row(row: object, samples: int) -> None:
    if not isinstance(row, Tensor) or row.dtype is not torch.int64 or row.dim() != 1:
        got = f"{row.dtype} {tuple(row.shape)}" if isinstance(row, Tensor) else repr(row)
        raise ArgumentError(f"the rows of a subset must be int64 tensors of one axis, got {got}")
    if not len(row):
        raise ArgumentError("a subset, also that of one replica, needs at least one sample")
    if not 0 <= int(row.min()) <= int(row.max()) < samples:
        raise ArgumentError(f"the rows of a subset must be from 0 to {samples - 1}, the last one")
