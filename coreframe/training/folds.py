"""Folds: cross-validation as a population, one replica for each fold."""

from __future__ import annotations

import operator

import torch

from coreframe.errors import ArgumentError
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.whole_number import whole_number
from coreframe.training.subset import Subset

__all__ = ["Folds"]


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
        if not isinstance(data, Dataset):
            raise ArgumentError(f"Folds: data must be a coreframe Dataset, got {data!r}")
        train = data.part("train")
        samples = len(train)
        number = whole_number("Folds: count", count, minimum=2)
        if samples < 2:
            raise ArgumentError(f"folds need at least 2 samples, and {data!r} has {samples}")
        if number > samples:
            raise ArgumentError(f"{samples} samples can make 2 to {samples} folds, not {count}")
        generator = torch.Generator().manual_seed(_seed(seed))
        held_out = torch.randperm(samples, generator=generator).tensor_split(number)
        kept = [torch.cat([*held_out[:fold], *held_out[fold + 1 :]]) for fold in range(number)]
        self.train = Subset(train, kept)
        self.validation = Subset(train, held_out)
        self.test = data.part("test")


def _seed(seed: object) -> int:
    try:
        whole = operator.index(seed)  # type: ignore[arg-type]  # what is no integer is caught
    except TypeError:
        whole = None
    if whole is None or isinstance(seed, bool):
        raise ArgumentError(f"Folds: seed must be an integer, got {seed!r}")
    if not -(2**63) <= whole < 2**64:
        raise ArgumentError(f"Folds: seed must have at most 64 bits, got {whole}")
    return whole
