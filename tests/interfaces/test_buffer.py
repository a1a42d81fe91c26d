"""Buffers: kept, saved, moved and selected with the model; never learned."""

from __future__ import annotations

import copy

import pytest
import torch
from coreframe_toys import Affine, Descent
from torch import Tensor

from coreframe import Buffer, Module, Sequential, StateError


class Count(Module):
    """Passes x on; keeps the sum of all batches, and how many there were."""

    def __init__(self, width: int) -> None:
        self.total = Buffer((width,))
        self.batches = Buffer((), dtype=torch.int64)
        self.scale = Buffer((), fill=2.0)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.total.value = self.total.value + x.sum(-2)
            self.batches.value = self.batches.value + 1
        self.save()
        return x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy


def build(replicas: int = 3) -> tuple[Module, Count]:
    count = Count(2)
    return Sequential(Affine(2, 2), count).initialize(seeds=range(replicas)), count


def test_buffers_have_paths_and_fill_and_no_part_in_training() -> None:
    model, count = build()
    assert [name for name, _ in model.named_buffers()] == ["1.total", "1.batches", "1.scale"]
    assert list(model.state()) == ["0.weight", "0.bias", "1.total", "1.batches", "1.scale"]
    assert count.total.value.shape == (3, 2)
    assert torch.equal(count.scale.value, torch.full((3,), 2.0))
    assert count.batches.value.dtype is torch.int64
    assert [n for n, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    segments = [s.name for s in model.storage.flats[0].segments]
    assert segments == ["0.weight", "0.bias"]


def test_layer_made_by_hand_has_the_buffers_of_a_lone_model() -> None:
    count = Count(2)
    count.forward(torch.ones(4, 2))
    assert torch.equal(count.total.value, torch.full((2,), 4.0))
    assert int(count.batches.value) == 1


def test_buffers_are_saved_and_loaded() -> None:
    model, _ = build()
    model.forward(torch.ones(3, 5, 2))
    other, count = build()
    other.load_state(model.state())
    for name, value in model.state().items():
        assert torch.equal(other.state()[name], value)
    model.forward(torch.ones(3, 5, 2))
    assert int(count.batches.value[0]) == 1
    state = other.state()
    state["1.total"] = state["1.total"][0]
    with pytest.raises(StateError, match=r"'1\.total' has shape \(2,\), not \(3, 2\)"):
        other.load_state(state)


def test_buffers_are_moved_and_keep_a_dtype_of_their_own() -> None:
    model, count = build()
    model.to(torch.float64)
    assert count.total.value.dtype is torch.float64
    assert count.batches.value.dtype is torch.int64


def test_buffers_are_selected() -> None:
    model, count = build()
    count.total.value = torch.arange(6.0).reshape(3, 2)
    model.select([2, 0])
    assert torch.equal(count.total.value, torch.tensor([[4.0, 5.0], [0.0, 1.0]]))
    model.select(0)
    assert torch.equal(count.total.value, torch.tensor([4.0, 5.0]))
    assert count.batches.value.shape == ()


def test_buffers_are_refilled_by_reset_and_initialize() -> None:
    model, count = build()
    model.forward(torch.ones(3, 5, 2))
    model.to(torch.float64).reset_weights()
    assert not count.total.value.any()
    assert count.total.value.dtype is torch.float64
    model.forward(torch.ones(3, 5, 2, dtype=torch.float64))
    model.initialize(seed=0)
    assert torch.equal(count.total.value, torch.zeros(2))


def test_buffer_set_in_inference_mode_can_be_changed_outside() -> None:
    model, count = build()
    with torch.inference_mode():
        model.forward(torch.ones(3, 5, 2))
    assert not count.total.value.is_inference()
    count.total.value.add_(1)
    with torch.inference_mode():
        model.load_state(model.state()).select([0, 1]).to(torch.float64)
        model.reset_weights()
    assert not count.total.value.is_inference()


def test_buffer_keeps_its_own_copy_and_its_shape() -> None:
    _, count = build()
    given = torch.ones(3, 2)
    count.total.value = given
    given.fill_(9.0)
    assert bool((count.total.value == 1).all())
    with pytest.raises(StateError, match=r"shape \(3, 2\) got \(2,\)"):
        count.total.value = torch.ones(2)


def test_shared_buffer_appears_once() -> None:
    one, other = Count(2), Count(2)
    other.total = one.total
    model = Sequential(one, other).initialize(seeds=[0, 1])
    names = [name for name, _ in model.named_buffers()]
    assert names == ["0.total", "0.batches", "0.scale", "1.batches", "1.scale"]
    model.select([1])
    assert other.total.value is one.total.value


def test_buffers_are_copied_with_the_model_and_not_touched_by_steps() -> None:
    model, count = build()
    model.forward(torch.ones(3, 5, 2))
    copied = copy.deepcopy(model)
    Descent(model, lr=0.1).step()
    model.forward(torch.ones(3, 5, 2))
    assert int(count.batches.value[0]) == 2
    assert int(copied.state()["1.batches"][0]) == 1
