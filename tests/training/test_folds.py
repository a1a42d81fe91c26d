"""Folds: cross-validation as a population."""

from itertools import chain
from typing import Any

import pytest
import torch
from coreframe_toys import Points

import coreframe as cf


def numbered(count: int) -> cf.Dataset:
    """Samples whose input is their own number."""
    data = Points(count)
    assert isinstance(data.train, cf.TensorSplit)
    data.train.input[:, 0] = torch.arange(count)
    return data


def members(split: cf.Split, fold: int) -> list[int]:
    """The numbers of the samples that a fold holds."""
    assert split.lengths is not None
    indices = torch.arange(len(split)).expand(len(split.lengths), -1)
    return split.take(indices)[0][fold, : split.lengths[fold], 0].int().tolist()


@pytest.mark.parametrize(("samples", "count"), [(10, 2), (10, 3), (11, 5), (100, 3), (7, 7)])
def test_folds_are_disjoint_and_cover_all_samples(samples: int, count: int) -> None:
    folds = cf.Folds(numbered(samples), count)
    assert folds.validation is not None
    held_out = [members(folds.validation, fold) for fold in range(count)]
    assert sorted(chain.from_iterable(held_out)) == list(range(samples))
    assert max(map(len, held_out)) - min(map(len, held_out)) <= 1
    for fold in range(count):
        kept = members(folds.train, fold)
        assert sorted(kept + held_out[fold]) == list(range(samples))


def test_the_seed_deals_the_samples() -> None:
    one, again, other = (cf.Folds(numbered(30), 3, seed=seed) for seed in (1, 1, 2))
    assert members(one.train, 0) == members(again.train, 0)
    assert sorted(members(one.train, 0)) != sorted(members(other.train, 0))


def test_the_test_samples_are_those_of_the_data_and_no_fold_reads_them() -> None:
    data = numbered(10)
    folds = cf.Folds(data, 2)
    assert folds.test is data.test
    assert folds.part("validation") is folds.validation


def test_folds_can_be_repeated_for_several_settings() -> None:
    folds = cf.Folds(numbered(10), 3)
    wanted = [members(folds.train, fold) for fold in (0, 1, 2, 0, 1, 2)]
    folds.select([0, 1, 2, 0, 1, 2])
    assert folds.replicas == (6,)
    assert [members(folds.train, fold) for fold in range(6)] == wanted


def test_a_count_that_makes_no_folds() -> None:
    with pytest.raises(cf.ArgumentError, match="10 samples can make 2 to 10 folds, not 11"):
        cf.Folds(numbered(10), 11)


def test_data_that_differs_between_replicas_cannot_be_dealt() -> None:
    with pytest.raises(cf.ArgumentError, match="samples that all replicas share"):
        cf.Folds(Points(10, seed=[0, 1]), 2)


class TestSubset:
    def test_some_samples_shared_by_all(self) -> None:
        split = cf.Subset(numbered(10).train, torch.tensor([7, 3, 5]))
        assert (len(split), split.replicas, split.lengths) == (3, (), None)
        assert split.take(torch.tensor([2, 0]))[0][:, 0].tolist() == [5, 7]
        assert split.take(torch.tensor([[2], [1]]))[0][..., 0].tolist() == [[5], [3]]
        assert split.select([0, 0]) is split

    def test_other_samples_for_each_replica(self) -> None:
        rows = [torch.tensor([7, 3, 5]), torch.tensor([1])]
        split = cf.Subset(numbered(10).train, rows)
        assert (len(split), split.replicas, split.lengths) == (3, (2,), (3, 1))
        assert split.take(torch.tensor([[2, 1], [0, 0]]))[0][..., 0].tolist() == [[5, 3], [1, 1]]

    def test_a_selected_one_takes_what_its_replica_took(self) -> None:
        rows = [torch.tensor([7, 3, 5]), torch.tensor([1, 2])]
        split = cf.Subset(numbered(10).train, rows)
        lone = split.select(1)
        assert (len(lone), lone.replicas, lone.lengths) == (2, (), None)
        assert lone.take(torch.tensor([1, 0]))[0][:, 0].tolist() == [2, 1]
        swapped = split.select([1, 0, 1])
        assert swapped.lengths == (2, 3, 2)
        indices = torch.tensor([[1], [2], [0]])
        assert swapped.take(indices)[0][..., 0].tolist() == [[2], [5], [1]]

    def test_indices_that_are_none(self) -> None:
        lone = cf.Subset(numbered(10).train, torch.tensor([7, 3, 5]))
        own = cf.Subset(numbered(10).train, [torch.tensor([7, 3, 5]), torch.tensor([1])])
        for split, repeats in ((lone, 1), (own, 2)):
            for wrong in (3, -1):
                indices = torch.full((repeats, 1), wrong)
                with pytest.raises(cf.ShapeError, match="indices must be from 0 to 2"):
                    split.take(indices)
            with pytest.raises(cf.ArgumentError, match=r"int64 indices, got torch\.float32"):
                split.take(torch.zeros(repeats, 1))
        for shape in ((1,), (1, 1), (3, 1), (2, 1, 1)):
            with pytest.raises(cf.ShapeError, match=r"replicas \(2,\) cannot be taken by indices"):
                own.take(torch.zeros(shape, dtype=torch.int64))

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            (torch.tensor([0.0]), r"int64 tensors of one axis, got torch\.float32 \(1,\)"),
            (torch.tensor([True]), r"got torch\.bool \(1,\)"),
            (torch.tensor([0], dtype=torch.int32), r"got torch\.int32"),
            (torch.tensor([[0, 1]]), r"one axis, got torch\.int64 \(1, 2\)"),
            (torch.tensor(0), r"one axis, got torch\.int64 \(\)"),
            ([0, 1], "int64 tensors of one axis, got 0"),
            ([[0], [1]], r"int64 tensors of one axis, got \[0\]"),
            (range(3), r"must be int64 tensors, got range\(0, 3\)"),
            (None, "must be int64 tensors, got None"),
            ([], "needs the rows of at least one"),
            (torch.arange(0), "needs at least one sample"),
            ([torch.arange(2), torch.arange(0)], "needs at least one sample"),
            (torch.tensor([0, 10]), "must be from 0 to 9"),
            ([torch.arange(2), torch.tensor([-1])], "must be from 0 to 9"),
        ],
        ids=str,
    )
    def test_rows_that_are_none(self, rows: Any, message: str) -> None:
        with pytest.raises(cf.ArgumentError, match=message):
            cf.Subset(numbered(10).train, rows)

    def test_it_is_taken_of_a_split(self) -> None:
        with pytest.raises(
            cf.ArgumentError, match=r"such as data\.train, got Points\(samples=10\)"
        ):
            cf.Subset(Points(10), torch.arange(2))  # type: ignore[arg-type]  # a dataset


def fold(*arguments: Any, **named: Any) -> cf.Folds:
    return cf.Folds(*arguments, **named)


@pytest.mark.parametrize("count", [-1, 0, 1, True, 2.0, "2", None, torch.tensor(2.5)])
def test_a_count_is_an_integer_from_2(count: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="Folds: count must be an integer from 2, got "):
        fold(numbered(10), count)


@pytest.mark.parametrize("seed", [True, 2.0, "2", None, [0, 1]])
def test_a_seed_is_one_integer(seed: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="Folds: seed must be an integer, got "):
        fold(numbered(10), 2, seed=seed)


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_a_seed_has_at_most_64_bits(seed: int) -> None:
    with pytest.raises(cf.ArgumentError, match="seed must have at most 64 bits"):
        cf.Folds(numbered(10), 2, seed=seed)


def test_seeds_and_counts_of_other_libraries() -> None:
    folds = fold(numbered(30), torch.tensor(3), seed=torch.tensor(1))
    assert members(folds.train, 0) == members(cf.Folds(numbered(30), 3, seed=1).train, 0)
    for seed in (2**64 - 1, -(2**63)):
        assert cf.Folds(numbered(10), 2, seed=seed).replicas == (2,)


@pytest.mark.parametrize("data", ["Points", None, torch.ones(3), numbered(3).train], ids=type)
def test_folds_are_of_a_dataset(data: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="Folds: data must be a coreframe Dataset, got "):
        fold(data)


def test_one_sample_makes_no_folds() -> None:
    with pytest.raises(
        cf.ArgumentError, match=r"folds need at least 2 samples, and Points\(samples=1\)"
    ):
        cf.Folds(numbered(1), 2)
