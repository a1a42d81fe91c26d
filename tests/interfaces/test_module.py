"""Module: the report's methods, initialization, state and copies, for lone models and others."""

from __future__ import annotations

import copy

import pytest
import torch
from coreframe_toys import Affine, Descent, Square
from torch import Tensor

import coreframe as cf
from coreframe import ArgumentError, Module, ProtocolError, Registry, Sequential, StateError


def build(*, seeds: list[int] | None = None, seed: int = 0) -> Module:
    model = Sequential(Affine(2, 3), Square(), Affine(3, 2))
    return model.initialize(seeds=seeds) if seeds else model.initialize(seed=seed)


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))


def fill_gradients(model: Module, value: float = 2.0) -> None:
    for parameter in model.param():
        parameter.grad.fill_(value)


@pytest.mark.parametrize("by_hand", [True, False])
def test_handmade_equals_assembled(toys: Registry, by_hand: bool) -> None:
    named = cf.assemble(["Affine(2, 3)", "Square", "Affine(3, 2)"], seeds=[3, 4])
    made: Module = Sequential(Affine(2, 3), Square(), Affine(3, 2))
    if by_hand:
        made.initialize(seeds=[3, 4])
    else:
        made = cf.assemble([Affine(2, 3), "Square()", Affine(3, 2)], seeds=[3, 4])
    assert repr(made) == repr(named) == "Sequential(Affine(2, 3), Square(), Affine(3, 2))"
    assert [type(m) for _, m in made.named_modules()] == [type(m) for _, m in named.named_modules()]
    assert all(torch.equal(value, named.state()[name]) for name, value in made.state().items())
    x = normal(2, 5, 2)
    assert torch.equal(made.forward(x), named.forward(x))
    assert torch.equal(made.backward(x), named.backward(x))


def test_handmade_layer_draws_when_first_used() -> None:
    torch.manual_seed(0)
    first, again = Affine(2, 3), Affine(2, 3)
    assert first.forward(normal(4, 2)).shape == (4, 3)
    assert not torch.equal(first.weight.value, again.weight.value)
    torch.manual_seed(0)
    same = Affine(2, 3)
    assert torch.equal(same.weight.value, first.weight.value)


def test_step_descends_and_zero_grad_clears() -> None:
    model = build()
    before = model.state()
    fill_gradients(model)
    model.step(0.25)
    for name, value in model.state().items():
        assert torch.equal(value, before[name] - 0.5)
    fill_gradients(model, float("nan"))
    model.zero_grad()
    assert not any(parameter.grad.any() for parameter in model.param())


def test_step_takes_a_rate_for_each_replica() -> None:
    model = build(seeds=[0, 1])
    before = model.state()
    fill_gradients(model)
    model.step([0.0, 0.25])
    for name, value in model.state().items():
        assert torch.equal(value[0], before[name][0])
        assert torch.equal(value[1], before[name][1] - 0.5)
    with pytest.raises(ArgumentError, match="lr has 3 numbers for a population of 2"):
        model.step([0.1, 0.2, 0.3])
    with pytest.raises(ArgumentError, match="lr has 2 numbers for a lone model"):
        build().step([0.1, 0.2])


def test_reset_weights_draws_anew_in_place() -> None:
    model = build(seeds=[0, 1])
    before, storage = model.state(), model.storage
    fill_gradients(model)
    model.reset_weights()
    assert model.storage is storage
    for name, parameter in model.named_parameters():
        assert not bool((parameter.value == before[name]).any())
        assert not parameter.grad.any()
    again = build(seeds=[0, 1])
    again.reset_weights()
    assert all(torch.equal(value, model.state()[name]) for name, value in again.state().items())


def test_initialize_draws_by_seed_only() -> None:
    torch.manual_seed(0)
    first = build(seed=5).state()
    torch.manual_seed(1)
    second, other = build(seed=5).state(), build(seed=6).state()
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not any(torch.equal(value, other[name]) for name, value in first.items())


def test_initialize_without_a_seed_follows_torch() -> None:
    torch.manual_seed(0)
    first = Affine(2, 3).initialize()
    torch.manual_seed(0)
    second = Affine(2, 3).initialize()
    assert torch.equal(first.weight.value, second.weight.value)
    assert first.random.seeds == second.random.seeds


def test_initialize_refuses_what_makes_no_model() -> None:
    with pytest.raises(ArgumentError, match="seed for a lone model or seeds for a population"):
        Affine(2, 3).initialize(seed=0, seeds=[1])
    with pytest.raises(ArgumentError, match="at least one seed"):
        Affine(2, 3).initialize(seeds=[])
    with pytest.raises(ArgumentError, match="has 2 numbers for a population of 3"):
        Affine(2, 3, gain=[1.0, 2.0]).initialize(seeds=[1, 2, 3])
    with pytest.raises(ArgumentError, match="has 2 numbers for a lone model"):
        Affine(2, 3, gain=[1.0, 2.0]).initialize(seed=1)
    with pytest.raises(ArgumentError, match=r"a seed must be an integer, got 1\.5"):
        Affine(2, 3).initialize(seed=1.5)  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(ArgumentError, match=r"floating-point dtype, not torch\.int64"):
        Affine(2, 3).initialize(seed=1, dtype=torch.int64)
    model = build()
    with pytest.raises(ProtocolError, match=r"initialize the whole model, not Affine\(2, 3\) at 0"):
        model.children()["0"].initialize(seed=0)


def test_refused_initialize_changes_nothing() -> None:
    model = Sequential(Affine(2, 3, gain=[1.0, 2.0])).initialize(seeds=[1, 2])
    before, storage = model.state(), model.storage
    with pytest.raises(ArgumentError):
        model.initialize(seeds=[1, 2, 3])
    assert model.replicas == (2,)
    assert model.storage is storage
    assert all(torch.equal(value, before[name]) for name, value in model.state().items())


def test_train_and_eval_reach_every_part() -> None:
    model = Sequential(Square(), Sequential(Square()))
    assert model.eval() is model
    assert not any(module.training for _, module in model.named_modules())
    assert model.train() is model
    assert all(module.training for _, module in model.named_modules())


def test_state_is_a_copy_and_loads_back() -> None:
    model, other = build(seed=1), build(seed=2)
    state = model.state()
    state["0.weight"].fill_(9.0)
    assert not bool((model.state()["0.weight"] == 9).any())
    fill_gradients(other)
    assert other.load_state(model.state()) is other
    assert all(torch.equal(value, model.state()[name]) for name, value in other.state().items())
    assert not any(parameter.grad.any() for parameter in other.param())


def test_state_that_does_not_fit_changes_nothing() -> None:
    model = build(seed=1)
    before, storage = model.state(), model.storage
    state = model.state()
    state["0.weight"] = torch.zeros(2, 2)
    state["extra"] = state.pop("2.bias")
    with pytest.raises(StateError) as raised:
        model.load_state(state)
    assert "'2.bias' is missing" in str(raised.value)
    assert "'extra' is not one of its names" in str(raised.value)
    assert "'0.weight' has shape (2, 2), not (3, 2)" in str(raised.value)
    assert model.storage is storage
    assert all(torch.equal(value, before[name]) for name, value in model.state().items())
    with pytest.raises(StateError):
        build(seeds=[1, 2]).load_state(before)


def test_loaded_state_takes_the_models_dtype() -> None:
    model = build(seed=1).to(torch.float64)
    model.load_state(build(seed=2).state())
    assert {value.dtype for value in model.state().values()} == {torch.float64}


def test_to_refuses_a_dtype_without_fractions() -> None:
    with pytest.raises(ArgumentError, match=r"floating-point dtype, not torch\.int32"):
        build().to(torch.int32)


def test_deepcopy_shares_nothing_and_goes_on_alike() -> None:
    model = build(seeds=[0, 1])
    optimizer = Descent(model, lr=[0.1, 0.2], momentum=0.5)
    fill_gradients(model)
    optimizer.step()
    copied, copied_optimizer = copy.deepcopy((model, optimizer))
    assert copied_optimizer.model is copied
    kept = model.state()
    assert copied.storage.holds(dict(copied.named_parameters()))
    copied_optimizer.step()
    copied.random.normal("noise", (3,))
    assert all(torch.equal(value, kept[name]) for name, value in model.state().items())
    optimizer.step()
    assert all(torch.equal(value, copied.state()[name]) for name, value in model.state().items())
    drawn = copy.deepcopy(model).random.normal("noise", (3,))
    assert torch.equal(drawn, model.random.normal("noise", (3,)))
    x = normal(2, 5, 2)
    copied.forward(x)
    model.expect_all_undone()
