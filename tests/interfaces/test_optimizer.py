"""Optimizer: arithmetic on flat tensors, settings per replica, named state."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from coreframe_toys import Affine, Descent, Square
from torch import Tensor

from coreframe import (
    ArgumentError,
    Hyperparameter,
    Module,
    Optimizer,
    Sequential,
    Slab,
    StateError,
    add_scaled,
)


def build(replicas: int = 0, width: int = 3) -> Module:
    model = Sequential(Affine(2, width), Square(), Affine(width, 2))
    return model.initialize(seeds=range(replicas)) if replicas else model.initialize(seed=0)


def draw_gradients(model: Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.param():
        parameter.grad.copy_(torch.randn(parameter.grad.shape, generator=generator))


class Scaled(Optimizer):
    """w ← w − rate · g, where rate may be −1 to 1."""

    rate = Hyperparameter(minimum=-1.0, below=1.0)

    def __init__(self, model: Module, rate: float) -> None:
        super().__init__(model)
        self.rate = rate

    def update(self, slab: Slab) -> None:
        add_scaled(slab.value, slab.settings["rate"], slab.grad, sign=-1, out=slab.value)


@pytest.mark.parametrize("scale", [0.5, torch.tensor([0.5, 1.0, 2.0])])
@pytest.mark.parametrize("sign", [1, -1])
def test_add_scaled(scale: float | Tensor, sign: int) -> None:
    x, y, out = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 5.0, 6.0]), torch.empty(3)
    assert add_scaled(x, scale, y, sign=sign, out=out) is out
    assert torch.equal(out, x + sign * scale * y)
    add_scaled(x, scale, y, sign=sign, out=x)
    assert torch.equal(x, out)


Break = Callable[[Module], object]
WRONG: list[tuple[Break, str]] = [
    (lambda m: Descent(m, lr=-0.1), r"lr must be finite, at least 0, got -0\.1"),
    (lambda m: Descent(m, lr=float("nan")), "lr must be finite, at least 0, got nan"),
    (lambda m: Descent(m, lr=float("inf")), "lr must be finite, at least 0, got inf"),
    (lambda m: Descent(m, lr=[0.1, -0.1, 0.1]), r"lr must be finite, .* got -0\.1"),
    (lambda m: Descent(m, lr=0.1, momentum=1.0), "momentum must be .* at least 0 and below 1"),
    (lambda m: Descent(m, lr=[0.1, 0.2]), "lr has 2 numbers for a population of 3"),
    (lambda m: Descent(m, lr=[]), "lr has 0 numbers for a population of 3"),
    (lambda m: Descent(m, lr="0.1"), "lr must be a number or one number per replica, got '0.1'"),  # type: ignore[arg-type]  # the mistake
    (lambda m: Descent(m, lr=True), "lr must be a number or one number per replica, got True"),
    (lambda m: Descent(m, lr=["a", "b", "c"]), "lr must be a number or one number per"),  # type: ignore[list-item]  # the mistake
    (lambda m: Scaled(m, -2.0), "rate must be finite, at least -1 and below 1, got -2"),
    (lambda m: setattr(Descent(m, 0.1), "lr_factor", [1.0]), "the schedule's factor has 1 number"),
]


@pytest.mark.parametrize(("make", "message"), WRONG, ids=[message for _, message in WRONG])
def test_settings_out_of_range_are_refused(make: Break, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make(build(3))


def test_settings_are_expanded_to_each_replica() -> None:
    model = build(3)
    before = model.state()
    for parameter in model.param():
        parameter.grad.fill_(1.0)
    Descent(model, lr=[0.25, 0.5, 0.0]).step()
    for name, value in model.state().items():
        for r, lr in enumerate([0.25, 0.5, 0.0]):
            assert torch.equal(value[r], before[name][r] - lr)


def test_factor_multiplies_the_learning_rate_of_later_steps() -> None:
    model = build(2)
    for parameter in model.param():
        parameter.value.zero_()
        parameter.grad.fill_(1.0)
    optimizer = Descent(model, lr=0.5)
    wanted = torch.zeros(2)
    for factor in (1.0, 0.5, [0.5, 0.0], torch.tensor([0.25, 2.0]), 1.0):
        optimizer.lr_factor = factor
        optimizer.step()
        wanted -= 0.5 * torch.as_tensor(factor)
        weight = model.state()["0.weight"]
        assert torch.equal(weight, wanted.reshape(2, 1, 1).expand_as(weight))


def test_state_continues_bit_for_bit() -> None:
    model, other = build(2), build(2)
    optimizer, second = (Descent(m, lr=[0.1, 0.2], momentum=0.5) for m in (model, other))
    for seed in range(3):
        draw_gradients(model, seed)
        optimizer.step()
    state = optimizer.state()
    assert list(state) == [f"velocity.{name}" for name in model.state()] + ["steps"]
    other.load_state(model.state())
    second = Descent(other, lr=[0.1, 0.2], momentum=0.5)
    assert second.load_state(state) is second
    assert second.steps == 3
    state["velocity.0.weight"].fill_(9.0)  # a copy: it changes nobody
    for seed in range(3, 6):
        for one in (model, other):
            draw_gradients(one, seed)
        optimizer.step()
        second.step()
    assert all(torch.equal(value, other.state()[name]) for name, value in model.state().items())


def test_state_that_does_not_fit_changes_nothing() -> None:
    model = build()
    optimizer = Descent(model, lr=0.1)
    draw_gradients(model, 0)
    optimizer.step()
    before = optimizer.state()
    wrong = optimizer.state() | {"velocity.0.weight": torch.zeros(2, 2)}
    wrong["more"] = wrong.pop("steps")
    with pytest.raises(StateError) as raised:
        optimizer.load_state(wrong)
    assert "'steps' is missing" in str(raised.value)
    assert "'more' is not one of its names" in str(raised.value)
    assert "'velocity.0.weight' has shape (2, 2), not (3, 2)" in str(raised.value)
    assert all(torch.equal(value, before[name]) for name, value in optimizer.state().items())


def test_resting_replicas_stay_bit_for_bit() -> None:
    model, plain = build(3), build(3)
    optimizer, other = (Descent(m, lr=[0.1, 0.2, 0.3], momentum=0.9) for m in (model, plain))
    for m in (model, plain):
        draw_gradients(m, 0)
    optimizer.step()
    other.step()
    state = optimizer.state()
    for m in (model, plain):
        draw_gradients(m, 1)
    for parameter in model.param():
        parameter.grad[1] = float("nan")
        parameter.value[1, ..., 0] = float("-inf")
    before = model.state()
    optimizer.step(torch.tensor([True, False, True]))
    other.step()
    for name, value in model.state().items():
        assert torch.equal(value[1], before[name][1])
        assert torch.equal(value[[0, 2]], plain.state()[name][[0, 2]])
    for name, value in optimizer.state().items():
        assert torch.equal(value[1], state[name][1])
        assert torch.equal(value[[0, 2]], other.state()[name][[0, 2]])
    assert optimizer.state()["steps"].tolist() == [2, 1, 2]


def test_a_setting_changed_later_stands_in_the_spec() -> None:
    optimizer = Descent(Sequential(Affine(2, 2)).initialize(seed=0), lr=0.1)
    optimizer.lr = 0.5
    assert "lr=0.5" in repr(optimizer)
