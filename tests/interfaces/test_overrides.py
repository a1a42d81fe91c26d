"""Overrides: other hyperparameters for the parameters of some names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Descent, Square

import coreframe as cf


class Grouped(Descent):
    """Descent that takes overrides."""

    def __init__(
        self,
        model: cf.Module,
        lr: cf.Setting,
        *,
        momentum: cf.Setting = 0.0,
        overrides: Sequence[Any] = (),
    ) -> None:
        super().__init__(model, lr, momentum=momentum)
        self.overrides = overrides


def network(**seeds: Any) -> cf.Module:
    return cf.assemble([Affine(2, 3), Square(), Affine(3, 2)], **seeds)


def step(optimizer: cf.Optimizer, count: int = 3) -> dict[str, torch.Tensor]:
    for number in range(count):
        for index, parameter in enumerate(optimizer.model.param()):
            parameter.grad.fill_(0.1 * (number + 1) + index)
        optimizer.step()
    return optimizer.model.state()


def test_each_parameter_moves_by_its_own_numbers() -> None:
    model = network(seed=0)
    overrides = [["*.bias", "lr", 0.01], ["2.*", "momentum", 0.5]]
    got = step(Grouped(model, 0.1, momentum=0.9, overrides=overrides))
    for name, tensor in got.items():
        lr = 0.01 if name.endswith("bias") else 0.1
        momentum = 0.5 if name.startswith("2.") else 0.9
        wanted = step(Descent(network(seed=0), lr, momentum=momentum))[name]
        torch.testing.assert_close(tensor, wanted)


def test_the_last_that_fits_counts() -> None:
    overrides = [["*", "lr", 0.0], ["0.weight", "lr", 0.2]]
    before = network(seed=0).state()
    got = step(Grouped(network(seed=0), 0.1, overrides=overrides))
    moved = {name for name in got if not torch.equal(got[name], before[name])}
    assert moved == {"0.weight"}
    assert torch.equal(got["0.weight"], step(Descent(network(seed=0), 0.2))["0.weight"])


def test_a_number_for_each_replica_and_select() -> None:
    model = network(seeds=[3, 4, 5])
    optimizer = Grouped(model, [0.1, 0.2, 0.3], overrides=[["*.bias", "lr", [0.0, 0.01, 0.02]]])
    got = step(optimizer)
    for replica, (lr, bias_lr) in enumerate([(0.1, 0.0), (0.2, 0.01), (0.3, 0.02)]):
        lone = Grouped(network(seed=3 + replica), lr, overrides=[["*.bias", "lr", bias_lr]])
        for name, tensor in step(lone).items():
            torch.testing.assert_close(got[name][replica], tensor)
    model.select([2, 0])
    optimizer.select([2, 0])
    assert [o.value for o in optimizer.overrides] == [(0.02, 0.0)]
    assert "overrides=[['*.bias', 'lr', [0.02, 0.0]]]" in repr(optimizer)
    kept = model.state()
    step(optimizer, 1)
    assert torch.equal(model.state()["0.bias"][1], kept["0.bias"][1])  # its rate is zero
    assert not torch.equal(model.state()["0.bias"][0], kept["0.bias"][0])


def test_a_schedule_multiplies_them_too() -> None:
    got, wanted = network(seed=0), network(seed=0)
    optimizer = Grouped(got, 0.1, overrides=[["*.bias", "lr", 0.04]])
    optimizer.lr_factor = 0.5
    assert step(optimizer).keys() == got.state().keys()
    step(Grouped(wanted, 0.05, overrides=[["*.bias", "lr", 0.02]]))
    for name, tensor in wanted.state().items():
        torch.testing.assert_close(got.state()[name], tensor)


MISTAKES: list[tuple[Any, str]] = [
    ([["*.bias", "rate", 0.1]], "an override is for one of lr, momentum, not for 'rate'"),
    ([["*.bais", "lr", 0.1]], "which no parameter's path fits: there are 0.weight, 0.bias, 2."),
    ([["*.bias", "momentum", 1.5]], "momentum must be finite, at least 0 and below 1, got 1.5"),
    ([["*.bias", "lr"]], r"overrides are lists like \['\*.bias', 'lr', 0.01\]"),
    (["*.bias"], "overrides are lists like"),
    ([["*.bias", "lr", [0.1, 0.2]]], "lr has 2 numbers for a lone model"),
    ([[3, "lr", 0.1]], "for 3, which no parameter's path fits"),
]


@pytest.mark.parametrize(("overrides", "message"), MISTAKES, ids=[m for _, m in MISTAKES])
def test_mistakes(overrides: Any, message: str) -> None:
    with pytest.raises(cf.ArgumentError, match=message):
        Grouped(network(seed=0), 0.1, overrides=overrides)


def test_an_optimizer_without_the_argument_refuses_them() -> None:
    with pytest.raises(cf.ArgumentError, match="Descent has no argument overrides"):
        Descent(network(seed=0), 0.1).overrides = [["*", "lr", 0.0]]
