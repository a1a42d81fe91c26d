"""Batches: the order in which each replica sees its samples."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from coreframe import RandomStreams, Subset, TensorSplit
from coreframe.training import batches
from coreframe.training.batches import Batch, Batches, gather, pad_rows


def numbered(count: int) -> TensorSplit:
    """Samples whose input is their own number."""
    numbers = torch.arange(count, dtype=torch.float32).unsqueeze(-1)
    return TensorSplit(numbers, -numbers)


def uneven(lengths: Sequence[int]) -> Subset:
    return Subset(numbered(100), [torch.arange(length) for length in lengths])


def order(epoch: Sequence[Batch]) -> Tensor:
    return torch.cat([batch.indices for batch in epoch], -1)


@pytest.mark.parametrize("batch_size", [1, 3, 5, 7, 10, 11, 64])
def test_an_epoch_takes_every_sample_once(batch_size: int) -> None:
    source = Batches(numbered(10), batch_size, RandomStreams(0))
    epoch = list(source.epoch())
    assert len(epoch) == len(source)
    assert sorted(order(epoch).tolist()) == list(range(10))
    assert all(batch.size == batch.indices.shape[-1] <= batch_size for batch in epoch)
    assert all(batch.padding is None and batch.active is None for batch in epoch)
    assert {batch.size for batch in epoch[:-1]} <= {batch_size}


@pytest.mark.parametrize("batch_size", [1, 3, 10, 64])
def test_each_replica_sees_the_order_of_its_lone_run(batch_size: int) -> None:
    seeds = [5, 6, 5]
    population = Batches(numbered(10), batch_size, RandomStreams(seeds))
    lone = [Batches(numbered(10), batch_size, RandomStreams(seed)) for seed in seeds]
    for _ in range(3):
        together = order(list(population.epoch()))
        assert together.shape == (3, 10)
        for replica, alone in enumerate(lone):
            assert torch.equal(together[replica], order(list(alone.epoch())))


def test_every_epoch_is_shuffled_anew_and_other_seeds_shuffle_otherwise() -> None:
    source = Batches(numbered(50), 8, RandomStreams([1, 2]))
    first, second = order(list(source.epoch())), order(list(source.epoch()))
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])


def test_the_batch_size_cuts_the_order_and_does_not_change_it() -> None:
    small = Batches(numbered(20), 3, RandomStreams(1))
    large = Batches(numbered(20), 16, RandomStreams(1))
    assert torch.equal(order(list(small.epoch())), order(list(large.epoch())))


def test_drawing_noise_or_values_does_not_change_the_order() -> None:
    quiet, noisy = RandomStreams(1), RandomStreams(1)
    noisy.normal("noise", (100,))
    noisy.normal("initialization", (7,))
    assert torch.equal(
        order(list(Batches(numbered(20), 3, quiet).epoch())),
        order(list(Batches(numbered(20), 3, noisy).epoch())),
    )


def test_selecting_the_streams_selects_the_orders() -> None:
    random = RandomStreams([1, 2, 3])
    source = Batches(numbered(10), 4, random)
    source_of_all = Batches(numbered(10), 4, RandomStreams([1, 2, 3]))
    list(source.epoch()), list(source_of_all.epoch())
    random.select([2, 0])
    wanted = order(list(source_of_all.epoch()))[[2, 0]]
    assert torch.equal(order(list(source.epoch())), wanted)


@pytest.mark.parametrize("lengths", [(7, 4, 1), (4, 7), (10, 9, 10), (6, 6, 5)])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 16])
def test_replicas_of_unequal_length_see_the_batches_of_their_lone_runs(
    lengths: tuple[int, ...], batch_size: int
) -> None:
    seeds = list(range(len(lengths)))
    epoch = list(Batches(uneven(lengths), batch_size, RandomStreams(seeds)).epoch())
    for replica, length in enumerate(lengths):
        alone = list(Batches(numbered(length), batch_size, RandomStreams(replica)).epoch())
        for step, batch in enumerate(epoch):
            assert batch.padding is not None
            assert isinstance(batch.size, Tensor)
            weight, indices = batch.padding.weight[replica], batch.indices[replica]
            mine = alone[step].indices if step < len(alone) else torch.tensor([])
            assert indices[weight == 1].tolist() == mine.tolist()
            assert weight.sum() == len(mine) == batch.size[replica]
            assert set(weight.tolist()) <= {0.0, 1.0}
            assert int(indices.max()) < length or len(mine) == 0
            active = batch.active is None or bool(batch.active[replica])
            assert active == (len(mine) > 0)


def test_padding_points_at_a_sample_that_exists() -> None:
    split = uneven((7, 1))
    for batch in Batches(split, 3, RandomStreams([0, 1])).epoch():
        split.take(batch.indices)
        assert batch.padding is not None
        assert (batch.indices[batch.padding.weight == 0] == 0).all()


def test_a_lone_model_and_a_population_of_one_take_the_same() -> None:
    lone = order(list(Batches(numbered(9), 4, RandomStreams(3)).epoch()))
    one = order(list(Batches(numbered(9), 4, RandomStreams([3])).epoch()))
    assert one.shape == (1, 9)
    assert torch.equal(one[0], lone)


@pytest.mark.parametrize("seeds", [3, [3, 4]])
@pytest.mark.parametrize("limit", [1, 40, 2**20])
def test_gathered_batches_carry_their_own_samples(
    monkeypatch: pytest.MonkeyPatch, seeds: int | list[int], limit: int
) -> None:
    monkeypatch.setattr(batches, "GATHERED_BYTES", limit)
    split = numbered(23)
    source = Batches(split, 4, RandomStreams(seeds))
    wanted = list(Batches(split, 4, RandomStreams(seeds)).epoch())
    found = list(gather(split, source.epoch(), lambda tensor: tensor))
    assert len(found) == len(wanted)
    for (batch, x, actual), alone in zip(found, wanted, strict=True):
        assert torch.equal(batch.indices, alone.indices)
        assert torch.equal(x, alone.indices.unsqueeze(-1).to(x))
        assert torch.equal(actual, -x)


def test_rows_of_different_lengths_are_padded_with_zeros() -> None:
    padded = pad_rows([torch.tensor([3, 1]), torch.tensor([2]), torch.arange(0)], 3)
    assert padded.tolist() == [[3, 1, 0], [2, 0, 0], [0, 0, 0]]
