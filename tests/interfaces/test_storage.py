"""Storage: one flat tensor a model, which optimizers borrow and moves rebuild."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import pytest
import torch
from coreframe_toys import Affine, Descent, Square

from coreframe import Module, Sequential, StaleOptimizer


def build(replicas: int = 0) -> Module:
    model = Sequential(Affine(3, 5), Square(), Affine(5, 2))
    return model.initialize(seeds=range(replicas)) if replicas else model.initialize(seed=0)


@pytest.mark.parametrize("replicas", [0, 1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_parameters_are_aligned_contiguous_views_of_one_flat(
    replicas: int, dtype: torch.dtype
) -> None:
    model = build(replicas).to(dtype)
    (flat,) = model.storage.flats
    leading = (replicas,) if replicas else ()
    assert [segment.name for segment in flat.segments] == [
        "0.weight",
        "0.bias",
        "2.weight",
        "2.bias",
    ]
    for _, parameter in model.named_parameters():
        for tensor, whole in ((parameter.value, flat.value), (parameter.grad, flat.grad)):
            assert tensor.shape == (*leading, *parameter.shape)
            assert tensor.dtype is dtype
            assert tensor.is_contiguous()
            assert tensor.data_ptr() % 64 == 0
            assert tensor.untyped_storage().data_ptr() == whole.untyped_storage().data_ptr()


def test_blocks_do_not_overlap_and_padding_is_zero() -> None:
    model = build(3)
    (flat,) = model.storage.flats
    count = torch.zeros_like(flat.value)
    for segment in flat.segments:
        segment.view(count).add_(1)
    assert set(count.tolist()) == {0.0, 1.0}
    assert count.sum() == 3 * sum(prod(p.shape) for p in model.param())
    assert not flat.value[count == 0].any()


def test_numbers_of_replicas_expand_over_their_elements() -> None:
    (flat,) = build(3).storage.flats
    numbers = torch.tensor([2.0, 3.0, 4.0], dtype=torch.float64)
    expanded = flat.expand(numbers)
    assert expanded.dtype is flat.value.dtype
    for segment in flat.segments:
        view = segment.view(expanded)
        for r in range(3):
            assert bool((view[r] == numbers[r]).all())
        view.fill_(1.0)
    assert bool((expanded == 1).all())  # so that an optimizer may divide in the gaps, too


def test_padding_stays_zero_in_training() -> None:
    model = build(3)
    (flat,) = model.storage.flats
    optimizer = Descent(model, lr=[0.1, 0.2, 0.3], momentum=[0.0, 0.5, 0.9])
    used = torch.zeros_like(flat.value, dtype=torch.bool)
    for segment in flat.segments:
        segment.view(used).fill_(True)
        segment.view(flat.grad).fill_(1.0)
    for active in (None, torch.tensor([True, False, True])):
        optimizer.step(active)
    assert bool(flat.value[used].all())
    assert not flat.value[~used].any()
    assert not optimizer._states[0]["velocity"][~used].any()


def test_storage_is_one_object_until_something_moves() -> None:
    model = build()
    storage = model.storage
    assert model.storage is storage
    model.zero_grad()
    model.step(0.1)
    model.reset_weights()
    assert model.storage is storage
    assert not storage.released


MOVES: dict[str, Callable[[Module], object]] = {
    "to": lambda model: model.to(torch.float64),
    "select": lambda model: model.select([1, 0]),
    "load_state": lambda model: model.load_state(model.state()),
    "initialize": lambda model: model.initialize(seeds=[4, 5, 6]),
    "another container": lambda model: Sequential(model, Affine(2, 2)).storage,
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_moves_release_the_storage_and_its_optimizer(move: Callable[[Module], object]) -> None:
    model = build(3)
    optimizer = Descent(model, lr=0.1)
    storage = model.storage
    optimizer.step()
    move(model)
    assert storage.released
    with pytest.raises(
        StaleOptimizer, match=r"parameters of the model have moved.*Descent\(lr=0\.1\)"
    ):
        optimizer.step()
    assert model.storage is not storage
    assert all(parameter.storage is model.storage for parameter in model.param())
    Descent(model, lr=0.1).step()


def test_move_keeps_values_and_gradients() -> None:
    model = build(2)
    for parameter in model.param():
        parameter.grad.fill_(2.0)
    before = model.state()
    model.to(torch.float64)
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter.value, before[name].double())
        assert bool((parameter.grad == 2).all())


def test_model_without_parameters() -> None:
    model = Sequential(Square()).initialize(seeds=[1, 2])
    assert model.storage.flats == ()
    assert model.state() == {}
    Descent(model, lr=0.1).step()
    model.select([0]).to(torch.float64).zero_grad()


def test_storage_made_in_inference_mode_can_be_changed_outside() -> None:
    with torch.inference_mode():
        model = build(2)
        model.select([0, 1]).to(torch.float64)
        model.load_state(model.state())
        optimizer = Descent(model, lr=[0.1, 0.2], momentum=0.5)
        optimizer.step()
    tensors = [flat.value for flat in model.storage.flats]
    tensors += [flat.grad for flat in model.storage.flats]
    tensors += [state["velocity"] for state in optimizer._states]
    for tensor in tensors:
        assert not tensor.is_inference()
    optimizer.step()


def test_part_of_another_dtype_gets_a_flat_of_its_own() -> None:
    model = Sequential(Affine(2, 2), Affine(2, 2).to(torch.float64))
    assert [flat.value.dtype for flat in model.storage.flats] == [torch.float32, torch.float64]
    for parameter in model.param():
        parameter.grad.fill_(1.0)
    before = model.state()
    Descent(model, lr=0.5).step()
    for name, value in model.state().items():
        assert torch.equal(value, before[name] - 0.5)
