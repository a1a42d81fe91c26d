"""RandomStreams: replica r draws what a lone model with its seed draws."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import pytest
import torch
from coreframe_toys import Affine
from torch import Tensor

from coreframe import ArgumentError, RandomStreams, StateError
from coreframe.interfaces.streams import STREAMS, Stream

SEEDS = [7, 0, 7, -3, 2**60]


@pytest.mark.parametrize("stream", STREAMS)
def test_replica_draws_what_the_lone_model_draws(stream: Stream) -> None:
    population, lone = RandomStreams(SEEDS), [RandomStreams(seed) for seed in SEEDS]
    for _ in range(2):  # the second draw goes on from the first
        normals, uniforms = population.normal(stream, (2, 3)), population.uniform(stream, (4,))
        orders = population.permutation(stream, [5, 6, 7, 8, 9])
        for r, own in enumerate(lone):
            assert torch.equal(own.normal(stream, (2, 3)), normals[r])
            assert torch.equal(own.uniform(stream, (4,)), uniforms[r])
            (order,) = own.permutation(stream, [5 + r])
            assert torch.equal(order, orders[r])
    assert normals.shape == (5, 2, 3)
    assert bool(((uniforms >= 0) & (uniforms < 1)).all())


def draw(random: RandomStreams, stream: Stream = "noise") -> Tensor:
    return random.normal(stream, (8,))


def test_streams_and_neighbouring_seeds_share_nothing() -> None:
    draws = [draw(RandomStreams(seed), stream) for seed in range(20) for stream in STREAMS]
    numbers = torch.cat(draws).tolist()
    assert len(set(numbers)) == len(numbers)


def test_drawing_from_one_stream_does_not_change_another() -> None:
    random, untouched = RandomStreams([1, 2]), RandomStreams([1, 2])
    random.normal("noise", (1000,))
    random.permutation("order", [3, 4])
    assert torch.equal(draw(random, "initialization"), draw(untouched, "initialization"))


def test_global_generator_is_neither_used_nor_moved() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = draw(RandomStreams(3))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    assert torch.equal(draw(RandomStreams(3)), first)


def test_state_goes_on_where_it_was_taken() -> None:
    random, other = RandomStreams([1, 2]), RandomStreams([3, 4])
    draw(random)
    state = random.state()
    wanted = {stream: draw(random, stream) for stream in STREAMS}
    other.load_state(state)
    for stream in STREAMS:
        assert torch.equal(draw(other, stream), wanted[stream])
    with pytest.raises(StateError, match="has no stream 'initialization' for these replicas"):
        RandomStreams(1).load_state(state)
    with pytest.raises(StateError, match="has no stream 'noise'"):
        other.load_state({name: value for name, value in state.items() if name != "noise"})


def test_copies_go_on_alike_and_apart() -> None:
    random = RandomStreams([1, 2])
    draw(random)
    for copied in (copy.deepcopy(random), pickle.loads(pickle.dumps(random))):  # noqa: S301
        assert copied.seeds == random.seeds
        wanted = draw(copy.deepcopy(random))
        assert torch.equal(draw(copied), wanted)
        assert not torch.equal(draw(copied), wanted)


def test_copies_take_no_reference_to_none_away() -> None:
    model = Affine(2, 2).initialize(seeds=[1, 2])
    before = sys.getrefcount(None)
    for _ in range(200):  # Generator's own way of copying takes one each time
        copy.deepcopy(model)
    assert sys.getrefcount(None) - before > -600


def test_select_keeps_the_chosen_streams() -> None:
    random, whole = RandomStreams(SEEDS), RandomStreams(SEEDS)
    draw(random)
    draw(whole)
    random.select([3, 1])
    assert (random.seeds, random.replicas) == ((-3, 0), (2,))
    assert torch.equal(draw(random), draw(whole)[[3, 1]])
    random.select(1)
    assert (random.seeds, random.replicas) == (0, ())
    assert torch.equal(draw(random), draw(whole)[1])


class Whole:
    """An integer that is no int, as numpy's are."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


@pytest.mark.parametrize(
    "seeds", [range(3), torch.arange(3), (0, 1, 2), [Whole(0), Whole(1), Whole(2)]]
)
def test_any_integers_are_seeds(seeds: list[int]) -> None:
    assert RandomStreams(seeds).seeds == (0, 1, 2)
    assert torch.equal(draw(RandomStreams(seeds))[1], draw(RandomStreams(1)))
    assert RandomStreams(Whole(3)).seeds == 3  # type: ignore[arg-type]  # not an int to mypy


@pytest.mark.parametrize("seeds", [1.5, "1", [0.5], ["a"], None])
def test_nothing_else_is_a_seed(seeds: int) -> None:
    with pytest.raises(ArgumentError, match="a seed must be an integer"):
        RandomStreams(seeds)


@pytest.mark.parametrize(
    "seeds", [True, [True], [0, False], torch.tensor(True), 1.0, torch.ones(2)]
)
def test_a_bool_or_a_float_is_no_seed(seeds: int) -> None:
    with pytest.raises(ArgumentError, match="a seed must be an integer"):
        RandomStreams(seeds)


def test_a_population_has_seeds() -> None:
    nothing: list[Any] = [[], torch.arange(0)]
    for seeds in nothing:
        with pytest.raises(ArgumentError, match="a population needs at least one seed"):
            RandomStreams(seeds)


def test_arrays_of_integers_are_seeds() -> None:
    np = pytest.importorskip("numpy")
    assert RandomStreams(np.arange(3)).seeds == (0, 1, 2)
    numbers: list[Any] = [np.int64(3), np.array(3), torch.tensor(3)]
    for one in numbers:
        assert RandomStreams(one).seeds == 3
        assert RandomStreams(one).replicas == ()
    with pytest.raises(ArgumentError, match="a seed must be an integer"):
        RandomStreams(np.zeros((2, 2), dtype=np.int64))


def test_seeds_of_any_size_and_sign_differ() -> None:
    seeds = [1, -1, 2**64 + 1, -(2**64) - 1, 10**100]
    assert len({float(draw(RandomStreams(seed))[0]) for seed in seeds}) == len(seeds)


def test_select_takes_what_a_model_takes() -> None:
    random = RandomStreams(SEEDS)
    random.select(torch.tensor([3, -1]))  # type: ignore[arg-type]  # a tensor
    assert random.seeds == (-3, 2**60)
    with pytest.raises(ArgumentError, match="no replica 2 in a population of 2"):
        random.select([2])


def damaged(name: str) -> Any:
    """A state of two replicas that no generator takes."""
    good = RandomStreams([3, 4]).state()["noise"]
    return {
        "zeros": torch.zeros_like(good),
        "second only": torch.stack([good[0], torch.zeros_like(good[1])]),
        "short": good[:, :100],
        "float": good.float(),
        "lone": good[0],
        "number": torch.tensor(1),
        "list": good.tolist(),
    }[name]


@pytest.mark.parametrize(
    "name", ["zeros", "second only", "short", "float", "lone", "number", "list"]
)
def test_a_state_with_one_wrong_stream_changes_nothing(name: str) -> None:
    random = RandomStreams([1, 2])
    before = random.state()
    state = {**RandomStreams([3, 4]).state(), "noise": damaged(name)}  # the last one read
    with pytest.raises(StateError, match="'noise'"):
        random.load_state(state)
    assert all(torch.equal(value, before[stream]) for stream, value in random.state().items())


def test_a_state_is_tensors_by_stream() -> None:
    with pytest.raises(StateError, match="must be tensors by stream, got 3"):
        RandomStreams(1).load_state(3)  # type: ignore[arg-type]  # no mapping


def test_a_loaded_state_stays_the_callers() -> None:
    random = RandomStreams([1, 2])
    state = random.state()
    random.load_state(state)
    state["noise"].zero_()
    assert torch.equal(draw(random), draw(RandomStreams([1, 2])))
