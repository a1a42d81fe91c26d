"""Folds: cross-validation as a population."""

from itertools import chain

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


@pytest.mark.parametrize("count", [-1, 0, 1, 11])
def test_a_count_that_makes_no_folds(count: int) -> None:
    with pytest.raises(cf.ArgumentError, match=f"10 samples can make 2 to 10 folds, not {count}"):
        cf.Folds(numbered(10), count)


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
