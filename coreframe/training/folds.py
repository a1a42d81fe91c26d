"""Folds: cross-validation as a population, one replica for each fold."""

from __future__ import annotations

import operator

import torch

from coreframe.errors import ArgumentError
from coreframe.interfaces.dataset import Dataset
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
        number = _whole_number("count", count)
        if samples < 2:
            raise ArgumentError(f"folds need at least 2 samples, and {data!r} has {samples}")
        if not 2 <= number <= samples:
            raise ArgumentError(f"{samples} samples can make 2 to {samples} folds, not {count}")
        chosen = _whole_number("seed", seed)
        if not -(2**63) <= chosen < 2**64:
            raise ArgumentError(f"Folds: seed must have at most 64 bits, got {chosen}")
        generator = torch.Generator().manual_seed(chosen)
        held_out = torch.randperm(samples, generator=generator).tensor_split(number)
        kept = [torch.cat([*held_out[:fold], *held_out[fold + 1 :]]) for fold in range(number)]
        self.train = Subset(train, kept)
        self.validation = Subset(train, held_out)
        self.test = data.part("test")


def _whole_number(name: str, number: object) -> int:
    try:
        whole = operator.index(number)  # type: ignore[arg-type]  # what is no integer is caught
    except TypeError:
        whole = None
    if whole is None or isinstance(number, bool):
        raise ArgumentError(f"Folds: {name} must be an integer, got {number!r}")
    return whole
