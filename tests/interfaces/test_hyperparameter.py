"""Hyperparameter: a checked attribute that the spec and the selection follow."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Descent
from torch import Tensor

import coreframe as cf


class Scale(cf.Module):
    """y = factor · x."""

    factor = cf.Hyperparameter(minimum=-1.0, below=2.0)

    def __init__(self, factor: cf.Setting = 1.0) -> None:
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        return x * self.expand(self.factor, x)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy * self.expand(self.factor, dy)


def build(replicas: int = 0) -> cf.Module:
    model = cf.Sequential(Affine(2, 2))
    return model.initialize(seeds=range(replicas)) if replicas else model.initialize(seed=0)


def test_it_is_an_attribute() -> None:
    optimizer = Descent(build(2), lr=0.1, momentum=[0.0, 0.5])
    assert optimizer.lr == 0.1
    assert optimizer.momentum == (0.0, 0.5)
    assert isinstance(Descent.lr, cf.Hyperparameter)
    assert Descent.replica_settings == ("lr", "momentum")


def test_an_assigned_value_counts_from_the_next_step_and_stands_in_the_spec() -> None:
    model, other = build(), build()
    optimizer, fast = Descent(model, lr=0.1), Descent(other, lr=0.5)
    for trained in (model, other):
        for parameter in trained.param():
            parameter.grad.fill_(1.0)
    optimizer.lr = 0.5
    optimizer.step()
    fast.step()
    assert all(torch.equal(value, other.state()[name]) for name, value in model.state().items())
    assert repr(optimizer) == repr(fast)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.0, "momentum must be finite, at least 0 and below 1, got 1"),
        (-0.1, "momentum must be finite, at least 0 and below 1, got -0.1"),
        (float("nan"), "momentum must be finite"),
        ([0.1, 1.5], "momentum must be finite, at least 0 and below 1, got 1.5"),
        ([0.1, 0.2, 0.3], "momentum has 3 numbers for a population of 2"),
        ("0.5", "momentum must be a number or one number per replica"),
        (None, "momentum must be a number or one number per replica"),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(value: Any, message: str) -> None:
    optimizer = Descent(build(2), lr=0.1, momentum=0.5)
    with pytest.raises(cf.ArgumentError, match=message):
        optimizer.momentum = value
    assert optimizer.momentum == 0.5
    assert "momentum=0.5" in repr(optimizer)


def test_a_layer_keeps_the_numbers_of_the_selected_replicas() -> None:
    layer = Scale([1.0, 0.5, -1.0])
    model = cf.Sequential(layer).initialize(seeds=range(3))
    x = torch.ones(3, 4, 2)
    assert model(x)[:, 0, 0].tolist() == [1.0, 0.5, -1.0]
    model.select([2, 0])
    assert layer.factor == (-1.0, 1.0), layer
    assert repr(model) == "Sequential(Scale(factor=[-1.0, 1.0]))"
    assert model(x[:2])[:, 0, 0].tolist() == [-1.0, 1.0]
    model.select(0)
    assert repr(layer) == "Scale(factor=-1.0)"
    assert model(x[0])[0, 0] == -1.0


def test_a_layer_with_another_count_than_the_population_is_refused() -> None:
    model = cf.Sequential(Scale([1.0, 0.5]))
    with pytest.raises(cf.ArgumentError, match="factor has 2 numbers for a population of 3"):
        model.initialize(seeds=range(3))


def test_one_that_was_never_set_says_so() -> None:
    class Forgetful(Scale):
        def __init__(self) -> None:
            pass

    with pytest.raises(AttributeError, match="Forgetful has not set its factor"):
        _ = Forgetful().factor
