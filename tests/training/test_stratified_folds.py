"""Folds by classes, and repeated ones: as scikit-learn deals them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from coreframe_toys import Points

import coreframe as cf

sklearn = pytest.importorskip("sklearn.model_selection")


def data_of(target: torch.Tensor) -> cf.TensorDataset:
    """Samples whose input is their own number."""
    samples = (torch.arange(len(target)).float().unsqueeze(1), target)
    return cf.TensorDataset(train=samples, test=samples)


def held_out(folds: cf.Folds) -> list[torch.Tensor]:
    """The numbers of the samples that each replica holds out."""
    return [numbers(folds.part("validation").select(r)) for r in range(*folds.replicas)]


def numbers(split: cf.Split) -> torch.Tensor:
    return split.take(torch.arange(len(split)))[0][:, 0].long()


def labels(counts: list[int], seed: int = 0) -> torch.Tensor:
    """So many samples of each class, in some order."""
    classes = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    order = torch.randperm(len(classes), generator=torch.Generator().manual_seed(seed))
    return classes[order]


COUNTS = [[10, 10], [7, 23, 11], [33, 9, 5, 16], [50, 5]]


@pytest.mark.parametrize("counts", COUNTS, ids=str)
@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_folds_have_the_counts_of_scikit_learns(counts: list[int], count: int) -> None:
    target = labels(counts)
    folds = held_out(cf.Folds(data_of(target), count, seed=3))
    # Each allots the spare samples of a class to folds in an order of its own, so sort them.
    theirs = sklearn.StratifiedKFold(count, shuffle=True, random_state=0)
    wanted = [
        np.bincount(target.numpy()[test], minlength=len(counts))
        for _, test in theirs.split(np.zeros(len(target)), target.numpy())
    ]
    found = np.stack([torch.bincount(target[fold], minlength=len(counts)) for fold in folds])
    np.testing.assert_array_equal(np.sort(found, axis=0), np.sort(np.stack(wanted), axis=0))
    assert np.ptp(found, axis=0).max() <= 1
    assert np.ptp(found.sum(1)) <= 1
    assert torch.cat(folds).sort().values.equal(torch.arange(len(target)))


def test_training_and_held_out_samples_are_all_and_apart() -> None:
    folds = cf.Folds(data_of(labels([7, 23, 11])), 4, repeats=2)
    for replica, fold in enumerate(held_out(folds)):
        both = torch.cat([fold, numbers(folds.train.select(replica))])
        assert both.sort().values.equal(torch.arange(41))


def test_within_a_class_the_seed_deals() -> None:
    target = labels([12, 12])
    one, again, other = (held_out(cf.Folds(data_of(target), 3, seed=s)) for s in (1, 1, 2))
    assert all(map(torch.equal, one, again))
    assert not any(a.sort().values.equal(b.sort().values) for a, b in zip(one, other, strict=True))


FORMS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "indices": lambda classes: classes,
    "int32": lambda classes: classes.int(),
    "bool": lambda classes: classes == 1,
    "zeros and ones": lambda classes: classes.float(),
    "of one axis more": lambda classes: classes.float().unsqueeze(1),
    "one-hot": lambda classes: torch.eye(2)[classes],
}


@pytest.mark.parametrize("form", FORMS)
def test_targets_that_name_classes_are_dealt_by_them(form: str) -> None:
    classes = labels([30, 6])
    wanted = held_out(cf.Folds(data_of(classes), 3, stratified=True))
    assert [int(classes[fold].sum()) for fold in wanted] == [2, 2, 2]
    found = held_out(cf.Folds(data_of(FORMS[form](classes)), 3))
    assert all(map(torch.equal, found, wanted))


def test_classes_may_be_left_out_of_account() -> None:
    classes = labels([30, 6], seed=1)
    plain = held_out(cf.Folds(data_of(classes), 3, stratified=False))
    assert [int(classes[fold].sum()) for fold in plain] != [2, 2, 2]


NO_CLASSES = {
    "values": (torch.linspace(0, 1, 9), r"torch.float32 \(samples\)"),
    "rows of values": (torch.rand(9, 3), r"torch.float32 \(samples, 3\)"),
    "several labels": (torch.ones(9, 3), r"torch.float32 \(samples, 3\)"),
    "sequences": (torch.zeros(9, 2, 2), r"torch.float32 \(samples, 2, 2\)"),
    "sequences of classes": (torch.full((9, 4), 2), r"torch.int64 \(samples, 4\)"),
}


@pytest.mark.parametrize("form", NO_CLASSES)
def test_other_targets_are_dealt_plainly_and_refused_where_classes_are_asked_for(form: str) -> None:
    target, says = NO_CLASSES[form]
    plain = held_out(cf.Folds(data_of(target), 3))
    assert all(map(torch.equal, plain, held_out(cf.Folds(data_of(target), 3, stratified=False))))
    with pytest.raises(cf.ArgumentError, match=f"name none: they are {says}; leave stratified"):
        cf.Folds(data_of(target), 3, stratified=True)


def test_a_class_of_too_few_samples_stands_in_as_many_folds() -> None:
    target = labels([17, 2])
    counts = [int(target[fold].sum()) for fold in held_out(cf.Folds(data_of(target), 4))]
    assert sorted(counts) == [0, 0, 1, 1]


@pytest.mark.parametrize("stratified", [False, True])
def test_repeats_deal_anew_and_leave_those_before_as_they_were(stratified: bool) -> None:
    data = data_of(labels([15, 9]))
    once = held_out(cf.Folds(data, 4, seed=5, stratified=stratified))
    folds = cf.Folds(data, 4, seed=5, repeats=3, stratified=stratified)
    assert folds.replicas == (12,)
    found = held_out(folds)
    assert all(map(torch.equal, found[:4], once))
    repeats = [torch.stack([part.sort().values for part in found[r : r + 4]]) for r in (0, 4, 8)]
    for repeat in repeats:
        assert repeat.flatten().sort().values.equal(torch.arange(24))
    assert not any(
        torch.equal(one[fold], other)
        for one, rest in ((repeats[0], repeats[1:]), (repeats[1], repeats[2:]))
        for fold in range(4)
        for later in rest
        for other in later
    )


@pytest.mark.parametrize("repeats", [0, -1, True, 1.5, "2"])
def test_repeats_are_a_positive_integer(repeats: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="Folds: repeats must be a positive integer, got "):
        cf.Folds(Points(10), 2, repeats=repeats)


@pytest.mark.parametrize("stratified", [0, 1, "yes"])
def test_stratified_is_yes_no_or_neither(stratified: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="stratified must be True, False or None, got "):
        cf.Folds(Points(10), 2, stratified=stratified)


def test_many_samples_are_looked_at_in_parts() -> None:
    target = torch.zeros(9000)
    target[-1] = 0.5  # beyond the first part
    with pytest.raises(cf.ArgumentError, match="name none"):
        cf.Folds(data_of(target), 2, stratified=True)
    classes = torch.arange(9000) % 2
    fold = held_out(cf.Folds(data_of(classes), 3))[0]
    assert int(classes[fold].sum()) == 1500
