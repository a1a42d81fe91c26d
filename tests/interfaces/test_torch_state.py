"""torch_state and load_torch_state: names, refusals, shared layers, dtypes and populations."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from coreframe_toys import Affine, Square
from torch import Tensor, nn

import coreframe as cf


class Halves(cf.Module):
    """A layer whose twin holds one tensor where it holds two, and refuses what is negative."""

    torch_names: ClassVar = {"offset": "parts.shift"}

    def __init__(self) -> None:
        self.low = cf.Parameter((2,), cf.Normal(1.0))
        self.high = cf.Parameter((3,), cf.Normal(1.0))
        self.offset = cf.Buffer((), fill=0.5)

    def to_torch(self, own: dict[str, Tensor]) -> dict[str, Tensor]:
        weight = torch.cat([own.pop("low"), own.pop("high")]).abs()
        return super().to_torch(own) | {"weight": weight}

    def from_torch(self, twin: dict[str, Tensor]) -> dict[str, Tensor]:
        weight = twin.pop("weight")
        if bool((weight < 0).any()):
            raise cf.StateError("'weight' must not be negative")
        return super().from_torch(twin) | {"low": weight[:2], "high": weight[2:]}

    def forward(self, x: Tensor) -> Tensor:
        return x

    def backward(self, dy: Tensor) -> Tensor:
        return dy


def chain(seed: int = 0) -> cf.Module:
    return cf.Sequential(Affine(3, 4), Square(), Affine(4, 2)).initialize(seed=seed)


def torch_chain() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def copies(model: cf.Module) -> dict[str, Tensor]:
    return model.state()


def expect_unchanged(model: cf.Module, before: dict[str, Tensor]) -> None:
    after = model.state()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_names_are_paths_on_both_sides() -> None:
    model, other = chain(), torch_chain()
    other.load_state_dict(model.torch_state(), strict=True)
    for name, value in other.state_dict().items():
        assert torch.equal(value, model.state()[name]), name


def test_what_is_given_out_is_a_copy() -> None:
    model = chain()
    before = copies(model)
    for value in model.torch_state().values():
        value.zero_()
    expect_unchanged(model, before)
    other = torch_chain()
    model.load_torch_state(other.state_dict())
    after = copies(model)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    expect_unchanged(model, after)


def test_other_names_and_tensors_are_declared() -> None:
    model = cf.Sequential(Halves(), Affine(1, 1)).initialize(seed=0)
    state = model.torch_state()
    assert list(state) == ["0.parts.shift", "0.weight", "1.weight", "1.bias"]
    state["0.weight"] = torch.arange(5.0)
    state["0.parts.shift"] = torch.tensor(2.0)
    model.load_torch_state(state)
    own = model.state()
    assert own["0.low"].tolist() == [0, 1]
    assert own["0.high"].tolist() == [2, 3, 4]
    assert own["0.offset"] == 2


def test_all_that_does_not_fit_is_named_at_once_and_nothing_changes() -> None:
    model = chain()
    before = copies(model)
    state = torch_chain().state_dict()
    del state["0.bias"]
    state |= {"2.weight": torch.zeros(2, 5), "3.weight": torch.zeros(1)}
    state["2.bias"] = [0.0, 0.0]
    with pytest.raises(cf.StateError) as error:
        model.load_torch_state(state)
    assert str(error.value) == (
        f"the state does not fit {model!r}: '0.bias' is missing; '3.weight' is not one of its "
        "names; '2.bias' is not a tensor; '2.weight' has shape (2, 5), not (2, 4)"
    )
    expect_unchanged(model, before)


def test_what_a_layer_cannot_hold_is_named_with_its_place() -> None:
    model = cf.Sequential(Affine(1, 1), Halves(), Halves()).initialize(seed=0)
    before = copies(model)
    state = model.torch_state()
    state["1.weight"] = -state["1.weight"]
    state["2.weight"] = -state["2.weight"]
    wanted = "1: 'weight' must not be negative; 2: 'weight' must not be negative$"
    with pytest.raises(cf.StateError, match=wanted):
        model.load_torch_state(state)
    expect_unchanged(model, before)


@pytest.mark.parametrize("given", [torch_chain(), "model.pt", 3, [1, 2], None])
def test_what_is_no_state_is_told(given: object) -> None:
    with pytest.raises(cf.StateError, match=r"must be tensors by name, as state_dict\(\) gives"):
        chain().load_torch_state(given)  # type: ignore[arg-type]  # that is the mistake


def test_a_layer_that_stands_twice_is_there_twice() -> None:
    layer, twin = Affine(2, 2), nn.Linear(2, 2)
    model = cf.Sequential(layer, Square(), layer).initialize(seed=0)
    other = nn.Sequential(twin, nn.ReLU(), twin)
    other.load_state_dict(model.torch_state(), strict=True)
    model.load_torch_state(other.state_dict())
    assert torch.equal(model.state()["0.weight"], twin.weight.detach())
    before = copies(model)
    two = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)).state_dict()
    with pytest.raises(cf.StateError, match=r"'2\.weight' differs from '0\.weight'"):
        model.load_torch_state(two)
    expect_unchanged(model, before)


def test_a_parameter_that_two_layers_share_is_there_twice() -> None:
    first, second = Affine(2, 2), Affine(2, 2)
    second.weight = first.weight
    model = cf.Sequential(first, second).initialize(seed=0)
    state = model.torch_state()
    assert list(state) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert torch.equal(state["0.weight"], state["1.weight"])
    model.load_torch_state({name: value + 1 for name, value in state.items()})
    assert torch.equal(model.state()["0.weight"], state["0.weight"] + 1)


def test_a_module_may_know_the_one_it_is_in() -> None:
    class Inner(Square):
        outer: cf.Module | None = None

    inner = Inner()
    model = cf.Sequential(Affine(2, 2), inner)
    inner.outer = model
    assert list(model.initialize(seed=0).torch_state()) == ["0.weight", "0.bias"]


def test_numbers_become_the_models_own() -> None:
    other = torch_chain().double()
    model = chain().load_torch_state(other.state_dict(keep_vars=True))
    for name, value in other.state_dict().items():
        own = model.state()[name]
        assert own.dtype == torch.float32
        assert not own.requires_grad
        assert torch.equal(own, value.float())


def test_gradients_are_zero_then_and_an_optimizer_is_left_behind(toys: cf.Registry) -> None:
    model = chain()
    optimizer = cf.create("optimizer", "Descent(lr=0.1)", model)
    for parameter in model.param():
        parameter.grad.fill_(1)
    model.load_torch_state(torch_chain().state_dict())
    assert not any(parameter.grad.any() for parameter in model.param())
    with pytest.raises(cf.StaleOptimizer):
        optimizer.step()


def test_a_population_says_which_replica() -> None:
    models = cf.Sequential(Affine(3, 4), Affine(4, 2)).initialize(seeds=range(3))
    with pytest.raises(cf.ArgumentError, match=r"say which of the 3 replicas"):
        models.torch_state()
    with pytest.raises(cf.ArgumentError, match="no replica 3 in a population of 3"):
        models.torch_state(3)
    with pytest.raises(cf.ArgumentError, match=r"choose one replica, not \[0\]"):
        models.torch_state([0])  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(cf.ArgumentError, match="this is a lone model"):
        chain().torch_state(0)
    wanted = models.state()
    assert all(torch.equal(v, wanted[n][2]) for n, v in models.torch_state(2).items())


def test_faults_of_many_states_say_whose_they_are() -> None:
    models = cf.Sequential(Affine(3, 4), Square(), Affine(4, 2)).initialize(seeds=range(3))
    before = copies(models)
    states = [torch_chain().state_dict() for _ in range(3)]
    del states[1]["0.bias"]
    states[2]["2.bias"] = torch.zeros(3)
    wanted = r"state 1: '0\.bias' is missing; state 2: '2\.bias' has shape \(3,\), not \(2,\)$"
    with pytest.raises(cf.StateError, match=wanted):
        models.load_torch_state(states)
    for count in (0, 1, 2):
        wanted = f"a list of {count} states is given for a population of 3"
        with pytest.raises(cf.StateError, match=wanted):
            models.load_torch_state(states[:count])
    with pytest.raises(cf.StateError, match="a list of 1 states is given for a lone model"):
        chain().load_torch_state(states[:1])
    expect_unchanged(models, before)


def test_a_part_gives_its_state_and_takes_none() -> None:
    model = chain()
    part = model.children()["2"]
    assert list(part.torch_state()) == ["weight", "bias"]
    with pytest.raises(cf.ProtocolError, match="load the state of the whole model"):
        part.load_torch_state(nn.Linear(4, 2).state_dict())


def test_a_way_back_that_loses_something_is_its_authors_fault() -> None:
    class Forgetful(Affine):
        def from_torch(self, twin: dict[str, Tensor]) -> dict[str, Tensor]:
            return {"weight": twin["weight"]}

    with pytest.raises(cf.ContractError, match="holds weight, bias, and its from_torch gives weig"):
        Forgetful(2, 2).load_torch_state(nn.Linear(2, 2).state_dict())
