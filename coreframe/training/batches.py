"""Batches: the order in which a training sees its samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import ceil
from typing import NamedTuple

import torch
from torch import Tensor

from coreframe.interfaces.dataset import Split
from coreframe.interfaces.padding import Padding
from coreframe.interfaces.streams import RandomStreams

__all__ = ["Batch", "Batches", "gather", "pad_rows"]

GATHERED_BYTES = 2**20


class Batch(NamedTuple):
    """The samples of one step.

    Attributes:
        indices: `(*replicas, batch)`.
        padding: which of them are padding, where replicas have different numbers of samples.
    """

    indices: Tensor
    padding: Padding | None

    @property
    def size(self) -> int | Tensor:
        """How many samples each replica has: a number, or `(*replicas,)`."""
        return torch.tensor(self.padding.counts) if self.padding else self.indices.shape[-1]

    @property
    def active(self) -> Tensor | None:
        """`(*replicas,)`, false for replicas without any sample; None if all have one."""
        if self.padding is None or all(self.padding.counts):
            return None
        return torch.tensor(self.padding.counts) > 0


class Batches:
    """Shuffled batches, epoch by epoch; each replica shuffles with its own `order` stream.

    Where replicas have different numbers of samples, the shorter ones are padded with weight
    zero, and rest once they have run out, so that each sees exactly the batches it would see
    alone.

    Args:
        split: the samples.
        batch_size: samples per step and replica; the last batch of an epoch may be smaller.
        random: the model's streams. They are read anew each epoch, so that `select` on the
            model selects the order too.
    """

    def __init__(self, split: Split, batch_size: int, random: RandomStreams) -> None:
        self.split, self.batch_size, self.random = split, batch_size, random

    def __len__(self) -> int:
        """Steps per epoch, of the replica that has most."""
        return max(self.steps)

    @property
    def steps(self) -> tuple[int, ...]:
        """Steps per epoch of each replica (of a lone model, one number)."""
        return tuple(ceil(length / self.batch_size) for length in self._lengths)

    def epoch(self) -> Iterator[Batch]:
        """The batches of the next epoch."""
        lengths = self._lengths
        longest = max(lengths)
        orders = self.random.permutation("order", lengths)
        if min(lengths) == longest:
            order = torch.stack(orders) if self.random.replicas else orders[0]
            yield from (Batch(indices, None) for indices in self._cut(order))
            return
        # Padding points at sample 0, whose weight is zero there.
        order = pad_rows(orders, longest)
        own = torch.arange(longest) < torch.tensor(lengths).unsqueeze(1)
        for indices, mask in zip(self._cut(order), self._cut(own), strict=True):
            weight = mask.to(torch.get_default_dtype())
            yield Batch(indices, Padding(tuple(mask.sum(1).tolist()), weight))

    @property
    def _lengths(self) -> tuple[int, ...]:
        replicas = self.random.replicas
        return self.split.lengths or (len(self.split),) * (replicas[0] if replicas else 1)

    def _cut(self, order: Tensor) -> tuple[Tensor, ...]:
        return torch.split(order, self.batch_size, -1)


def gather(
    split: Split, batches: Iterator[Batch], place: Callable[[Tensor], Tensor]
) -> Iterator[tuple[Batch, Tensor, Tensor]]:
    """Each batch with its inputs and targets, where `place` puts them.

    Small batches are taken several at a time, up to a megabyte: taking costs more than copying.
    """
    steps = 1
    while chunk := list(islice(batches, steps)):
        sizes = [batch.indices.shape[-1] for batch in chunk]
        axis = chunk[0].indices.dim() - 1
        indices = torch.cat([batch.indices for batch in chunk], axis)
        taken = [place(tensor) for tensor in split.take(indices)]
        inputs, targets = (torch.split(tensor, sizes, axis) for tensor in taken)
        yield from zip(chunk, inputs, targets, strict=True)
        steps = max(1, GATHERED_BYTES * len(chunk) // max(1, sum(t.nbytes for t in taken)))


def pad_rows(rows: Sequence[Tensor], length: int) -> Tensor:
    """Rows of indices of different lengths as one `(rows, length)`, padded with zeros."""
    padded = torch.zeros(len(rows), length, dtype=torch.int64)
    for target, row in zip(padded, rows, strict=True):
        target[: len(row)] = row
    return padded
