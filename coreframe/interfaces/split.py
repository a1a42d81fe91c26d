"""Split: samples that can be taken by index."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.replicas import Replicas, Selection

__all__ = ["Split", "expect_indices"]


class Split(ABC):
    """Samples that can be taken by index: the train, test or validation part of a dataset."""

    replicas: Replicas = ()
    """`()` if all replicas share the samples, `(R,)` if each has its own."""

    @property
    def lengths(self) -> tuple[int, ...] | None:
        """How many samples each replica has, where that differs; `len` is then the largest."""
        return None

    @abstractmethod
    def __len__(self) -> int:
        """How many samples there are."""

    @abstractmethod
    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and targets, `(*indices.shape, *features)`, of `indices` `(*replicas, batch)`.

        A shared split takes the indices of a lone model or of any population.
        """

    @abstractmethod
    def select(self, replicas: Selection) -> Split:
        """The split of the chosen replicas; a shared split is its own."""


def expect_indices(indices: object, samples: int) -> None:
    """Raise unless these are indices of samples; it reads them all, so ask once taking failed.

    Raises:
        ArgumentError: for what is no tensor of integers.
        ShapeError: for an index out of range.
    """
    if not isinstance(indices, Tensor) or indices.dtype not in (torch.int64, torch.int32):
        kind = indices.dtype if isinstance(indices, Tensor) else type(indices).__name__
        raise ArgumentError(f"samples are taken by a tensor of int64 indices, got {kind}")
    if indices.numel() and not 0 <= int(indices.min()) <= int(indices.max()) < samples:
        raise ShapeError(f"indices must be from 0 to {samples - 1}, the last sample")
