"""SGD: against torch.optim.SGD, and with settings of each replica."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Module,
    Normal,
    Parameter,
    Sequential,
    StateError,
)
from coreframe.testing import check_repr
from coreframe_optimizers import SGD

SETTINGS = pytest.mark.parametrize(
    ("lr", "momentum"), [(0.1, 0.0), (0.1, 0.9), (0.0, 0.5), (1.0, 0.99)]
)


class Shift(Module):
    """y = x + w, so that the gradient of w is whatever the test wants it to be."""

    def __init__(self, *shape: int) -> None:
        self.w = Parameter(shape, Normal(1.0))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.w.value.unsqueeze(len(self.replicas))

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.w.grad.add_(dy.sum(len(self.replicas)))
        return dy


def build(replicas: int = 0, layers: int = 2, dtype: torch.dtype = torch.float64) -> Module:
    model = Sequential(*[Shift(3, 5 + layer) for layer in range(layers)])
    if replicas:
        return model.initialize(seeds=range(replicas), dtype=dtype)
    return model.initialize(seed=0, dtype=dtype)


def draw_gradients(model: Module, seed: int) -> None:
    """The gradient of each replica depends on its place alone, in lone models too."""
    for number, parameter in enumerate(model.param()):
        generator = torch.Generator().manual_seed(100 * seed + number)
        shape = (8, *parameter.shape)
        drawn = torch.randn(shape, generator=generator, dtype=parameter.grad.dtype)
        parameter.grad.copy_(drawn[: model.replicas[0]] if model.replicas else drawn[0])


TOLERANCES = {torch.float64: 1e-13, torch.float32: 1e-5, torch.bfloat16: 0.05}


@SETTINGS
@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
def test_equals_torch(lr: float, momentum: float, dtype: torch.dtype) -> None:
    model = build(dtype=dtype)
    leaves = [torch.nn.Parameter(value) for value in model.state().values()]
    oracle = torch.optim.SGD(leaves, lr=lr, momentum=momentum)
    optimizer = SGD(model, lr, momentum)
    for step in range(10):
        draw_gradients(model, step)
        for leaf, parameter in zip(leaves, model.param(), strict=True):
            leaf.grad = parameter.grad.clone()
        oracle.step()
        optimizer.step()
        for leaf, value in zip(leaves, model.state().values(), strict=True):
            torch.testing.assert_close(
                value, leaf.detach(), rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype]
            )


@SETTINGS
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_one_number_and_one_for_each_replica_agree(
    lr: float, momentum: float, dtype: torch.dtype
) -> None:
    model, other = build(3, dtype=dtype), build(3, dtype=dtype)
    optimizer, second = SGD(model, lr, momentum), SGD(other, [lr] * 3, [momentum] * 3)
    for step in range(5):
        for one in (model, other):
            draw_gradients(one, step)
        optimizer.step()
        second.step()
    for state, wanted in ((model.state(), other.state()), (optimizer.state(), second.state())):
        for name, value in state.items():
            torch.testing.assert_close(
                value, wanted[name], rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype]
            )


def test_rate_and_momentum_of_each_replica_equal_lone_runs() -> None:
    rates, momenta = [0.1, 0.0, 2.0], [0.0, 0.5, 0.9]
    population = build(3)
    lone = [build().load_state({n: v[r] for n, v in population.state().items()}) for r in range(3)]
    optimizer = SGD(population, rates, momenta)
    own = [SGD(model, rates[r], momenta[r]) for r, model in enumerate(lone)]
    for step in range(5):
        draw_gradients(population, step)
        optimizer.step()
        for r, model in enumerate(lone):
            for one, whole in zip(model.param(), population.param(), strict=True):
                one.grad.copy_(whole.grad[r])
            own[r].step()
    for r, model in enumerate(lone):
        for name, value in model.state().items():
            whole_value = population.state()[name][r]
            torch.testing.assert_close(value, whole_value, rtol=1e-13, atol=1e-13)


def test_state_names_are_strict() -> None:
    state = SGD(build(), 0.1).state()
    assert list(state) == ["velocity.0.w", "velocity.1.w", "steps"]
    with pytest.raises(StateError, match=r"velocity\.0\.w' has shape \(3, 5\), not \(2, 3, 5\)"):
        SGD(build(2), 0.1).load_state(state)


@pytest.mark.parametrize("chosen", [1, [2, 0], [1, 1]])
def test_select_keeps_state_bit_for_bit_and_goes_on(chosen: int | list[int]) -> None:
    model, whole = build(3), build(3)
    optimizer, other = (SGD(m, [0.1, 0.2, 0.3], [0.9, 0.5, 0.0]) for m in (model, whole))
    for m, one in ((model, optimizer), (whole, other)):
        draw_gradients(m, 0)
        one.step()
    model.select(chosen)
    optimizer.select(chosen)
    wanted = other.state()
    for name, value in optimizer.state().items():
        assert torch.equal(value, wanted[name][chosen])
    draw_gradients(whole, 1)
    for kept, parameter in zip(model.param(), whole.param(), strict=True):
        kept.grad.copy_(parameter.grad[chosen])
    optimizer.step()
    other.step()
    for name, value in model.state().items():
        torch.testing.assert_close(value, whole.state()[name][chosen], rtol=1e-13, atol=1e-13)
    check_repr(optimizer)


def test_resting_replicas_with_rates_of_their_own_stay_bit_for_bit() -> None:
    model, plain = build(3), build(3)
    optimizer, other = (SGD(m, [0.1, 0.2, 0.3], 0.9) for m in (model, plain))
    for m, one in ((model, optimizer), (plain, other)):
        draw_gradients(m, 0)
        one.step()
    before, state = model.state(), optimizer.state()
    draw_gradients(model, 1)
    draw_gradients(plain, 1)
    for parameter in model.param():
        parameter.grad[1] = float("nan")
    optimizer.step(torch.tensor([True, False, True]))
    other.step()
    for name, value in model.state().items():
        assert torch.equal(value[1], before[name][1])
        assert torch.equal(value[[0, 2]], plain.state()[name][[0, 2]])
        velocity = optimizer.state()[f"velocity.{name}"]
        assert torch.equal(velocity[1], state[f"velocity.{name}"][1])


def test_nan_gradient_is_gone_after_the_storage_is_zeroed() -> None:
    model = build()
    before = model.state()
    for parameter in model.param():
        parameter.grad.fill_(float("nan"))
    model.storage.zero_grad()
    SGD(model, 0.1).step()
    for name, value in model.state().items():
        assert torch.equal(value, before[name])


def test_settings_in_range() -> None:
    for lr, momentum in ((-0.1, 0.0), (0.1, 1.0), (0.1, -0.1), (float("nan"), 0.0)):
        with pytest.raises(ArgumentError, match="must be finite, at least 0"):
            SGD(build(), lr, momentum)
    with pytest.raises(ArgumentError, match="momentum has 2 numbers for"):
        SGD(build(3), 0.1, [0.1, 0.2])


def test_repr() -> None:
    model = build(2)
    check_repr(SGD(model, [0.1, 0.2], momentum=0.5))
    assert repr(SGD(model, 0.01, 0.8)) == "SGD(lr=0.01, momentum=0.8)"
