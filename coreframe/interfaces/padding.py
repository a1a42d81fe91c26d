"""Padding: which samples of a batch are there only to fill it."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

__all__ = ["Padding"]


class Padding(NamedTuple):
    """How many of a batch's samples are a replica's own; the rest, behind them, is padding.

    Replicas with different numbers of samples (folds of unequal size) share batches of one
    shape. What a layer draws or averages over the batch must leave the padding out, so that each
    replica gets what it would get alone.

    Attributes:
        counts: for each replica, how many samples are its own; zero where it rests.
        weight: `(*replicas, batch)`, one for a sample of its own and zero for padding.
    """

    counts: tuple[int, ...]
    weight: Tensor
