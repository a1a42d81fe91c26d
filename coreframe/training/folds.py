"""Folds: cross-validation as a population, one replica for each fold."""

from __future__ import annotations

import operator

import torch
from torch import Tensor

from coreframe.errors import ArgumentError
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.split import Split
from coreframe.interfaces.whole_number import whole_number
from coreframe.training.strata import deal, deal_classes, find_classes
from coreframe.training.subset import Subset

__all__ = ["Folds"]


class Folds(Dataset):
    """k-fold cross-validation of a dataset's training samples, once or several times.

    Replica r trains on all folds but the r-th, and validates on the r-th. Fold sizes differ by
    at most one. `select([0, 1, 2, 0, 1, 2])` repeats folds, for a population that tries several
    settings on each.

    Where targets name classes, each class is dealt evenly as well: of any class, the folds' counts
    differ by at most one. That is what users of scikit-learn expect, whose `cross_val_score` takes
    StratifiedKFold for a classifier. Targets name classes if they are integers, zeros and ones, or
    one-hot rows.

    With `repeats`, the samples are shuffled and dealt so often, and replica r holds out fold
    r mod count of repeat ⌊r / count⌋, as scikit-learn's RepeatedKFold orders them.

    Args:
        data: a dataset whose training samples all replicas share.
        count: how many folds, from 2 to the number of samples.
        seed: of the shuffles that deal the samples to folds.
        repeats: how often they are dealt; a repeat more changes none of those before.
        stratified: whether each class is dealt evenly; None for where targets name classes. A
            class of fewer samples than folds stands in as many folds as it has samples.

    Raises:
        ArgumentError: for another count, or data that differs between replicas; with
            `stratified=True`, for targets that name no classes, as in regression.
    """

    def __init__(
        self,
        data: Dataset,
        count: int = 5,
        *,
        seed: int = 0,
        repeats: int = 1,
        stratified: bool | None = None,
    ) -> None:
        if not isinstance(data, Dataset):
            raise ArgumentError(f"Folds: data must be a coreframe Dataset, got {data!r}")
        train = data.part("train")
        samples = len(train)
        number = whole_number("Folds: count", count, minimum=2)
        repeats = whole_number("Folds: repeats", repeats)
        if samples < 2:
            raise ArgumentError(f"folds need at least 2 samples, and {data!r} has {samples}")
        if number > samples:
            raise ArgumentError(f"{samples} samples can make 2 to {samples} folds, not {count}")
        if train.replicas:
            raise ArgumentError(
                f"folds need samples that all replicas share, not those of {data!r}"
            )
        classes = _classes(data, train, stratified)
        generator = torch.Generator().manual_seed(_seed(seed))
        held_out: list[Tensor] = []
        kept: list[Tensor] = []
        for _ in range(repeats):
            dealt = (
                deal(samples, number, generator)
                if classes is None
                else deal_classes(classes, number, generator)
            )
            held_out += dealt
            kept += [torch.cat([*dealt[:fold], *dealt[fold + 1 :]]) for fold in range(number)]
        self.train = Subset(train, kept)
        self.validation = Subset(train, held_out)
        self.test = data.part("test")


def _classes(data: Dataset, train: Split, stratified: object) -> Tensor | None:
    """By which classes the samples are dealt, if by any."""
    if stratified is not None and not isinstance(stratified, bool):
        raise ArgumentError(f"Folds: stratified must be True, False or None, got {stratified!r}")
    classes = None if stratified is False else find_classes(train)
    if stratified and classes is None:
        _, target = train.take(torch.arange(1))
        shape = ", ".join(["samples", *map(str, target.shape[1:])])
        raise ArgumentError(
            f"folds are stratified by classes, and the targets of {data!r} name none: they are "
            f"{target.dtype} ({shape}); leave stratified out, as for a regression"
        )
    return classes


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
