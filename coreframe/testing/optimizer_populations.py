"""Populations of an optimizer: do replicas do what lone models do?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from coreframe.errors import ArgumentError, CheckFailed
from coreframe.interfaces.component import constructor_signature
from coreframe.interfaces.example import Example
from coreframe.interfaces.optimizer import Optimizer
from coreframe.testing.comparison import expect_equal
from coreframe.testing.measure import Finding, Measure, NotTried
from coreframe.testing.numbers import Training, draw_gradients
from coreframe.testing.trial import TOLERANCE

__all__ = [
    "check_optimizer_factor",
    "check_optimizer_overrides",
    "check_optimizer_population",
    "check_optimizer_resting",
    "check_optimizer_select",
    "check_optimizer_settings",
]

STEPS = 6
REPLICAS = 3


def check_optimizer_population(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    """R replicas take the steps of R lone models."""
    whole = Training(example, seed, dtype, replicas=REPLICAS)
    lone = [Training(example, seed + r, dtype) for r in range(REPLICAS)]
    return _compare_with_lone(whole, lone, dtype)


def check_optimizer_settings(example: Example, seed: int, dtype: torch.dtype) -> Finding:
    """With numbers for each replica, each takes the steps of a lone model with those numbers."""
    worst: Measure | None = None
    probe = Training(example, seed, dtype).optimizer
    values = {
        name: value
        for name in probe.replica_settings
        if isinstance(value := probe.arguments.get(name), float | int)
        and not isinstance(value, bool)
    }
    each_alone = [[name] for name in values]
    for names in [*each_alone, list(values)] if len(values) > 1 else each_alone:
        whole = Training(example, seed, dtype, replicas=REPLICAS)
        lone = [Training(example, seed + r, dtype) for r in range(REPLICAS)]
        for name in names:
            numbers = [values[name] * factor for factor in (1.0, 0.5, 0.25)]
            _assign(whole.optimizer, name, numbers)
            for training, number in zip(lone, numbers, strict=True):
                _assign(training.optimizer, name, number)
        found = _compare_with_lone(whole, lone, dtype)
        worst = max(worst or found, found)
    return worst or NotTried("it declares no setting of each replica")


def check_optimizer_overrides(example: Example, seed: int, dtype: torch.dtype) -> Finding:
    """A number for one parameter makes it step as an optimizer of that number would."""
    probe = Training(example, seed, dtype).optimizer
    if "overrides" not in constructor_signature(type(probe)).parameters:
        return NotTried("it takes no overrides")
    worst = Measure(0.0, TOLERANCE[dtype])
    for replicas in (0, REPLICAS):
        for name in probe.hyperparameters:
            number = vars(probe)[name] / 2
            own, usual, other = (
                Training(example, seed, dtype, replicas=replicas) for _ in range(3)
            )
            for training in (own, usual, other):
                training.optimizer.lr_factor = 0.5  # which must reach an overridden rate, too
            chosen = next(path for path, _ in own.model.named_parameters())
            try:
                own.optimizer.overrides = [[chosen, name, number]]
                own.step(STEPS)
            except ArgumentError:
                continue  # a setting that it declares to be one for the whole model
            _assign(other.optimizer, name, number)
            usual.step(STEPS)
            other.step(STEPS)
            got, wanted = own.model.state(), usual.model.state()
            wanted[chosen] = other.model.state()[chosen]
            reason = f"so it is with {name}={number:g} for {chosen} and the usual one for the rest"
            found = expect_equal(own.optimizer, got, wanted, reason, TOLERANCE[dtype])
            worst = max(worst, found)
    return worst


def _assign(optimizer: Optimizer, name: str, value: Any) -> None:
    optimizer.__setattr__(name, value)


def _compare_with_lone(whole: Training, lone: Sequence[Training], dtype: torch.dtype) -> Measure:
    worst = Measure(0.0, TOLERANCE[dtype])
    for number in range(STEPS):
        whole.step()
        for replica, alone in enumerate(lone):
            alone.step()
            got = {name: tensor[replica] for name, tensor in whole.state().items()}
            reason = f"so the lone model of replica {replica} has it after step {number + 1}"
            worst = max(
                worst,
                expect_equal(whole.optimizer, got, alone.state(), reason, TOLERANCE[dtype]),
            )
    return worst


def check_optimizer_resting(example: Example, seed: int, dtype: torch.dtype) -> None:
    """A replica at rest keeps its values and state, and no other notices."""
    own = Training(example, seed, dtype, replicas=REPLICAS)
    other = Training(example, seed, dtype, replicas=REPLICAS)
    for training in (own, other):
        training.step(2)
    before = own.state()
    draw_gradients(own.model, own.seeds, 2)
    for parameter in own.model.param():
        parameter.grad[1] = float("nan")
    active = torch.ones(REPLICAS, dtype=torch.bool)
    active[1] = False
    own.optimizer.step(active)
    other.step()
    rest = {name: tensor[1] for name, tensor in before.items()}
    got = {name: tensor[1] for name, tensor in own.state().items()}
    expect_equal(own.optimizer, got, rest, "so it was before; its replica rests in this step", 0.0)
    for replica in (0, 2):
        got = {name: tensor[replica] for name, tensor in own.state().items()}
        wanted = {name: tensor[replica] for name, tensor in other.state().items()}
        reason = f"so it is where no replica rests; replica {replica} must not notice"
        expect_equal(own.optimizer, got, wanted, reason, 0.0)


def check_optimizer_select(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    """`select` keeps the state of the chosen bit for bit, and goes on with it."""
    own = Training(example, seed, dtype, replicas=REPLICAS)
    whole = Training(example, seed, dtype, replicas=REPLICAS)
    chosen = [2, 0]
    for training in (own, whole):
        training.step(2)
    before = own.state()
    own.select(chosen)
    kept = {name: tensor[chosen] for name, tensor in before.items()}
    expect_equal(own.optimizer, own.state(), kept, "select must keep it bit for bit", 0.0)
    own.step(STEPS)
    whole.step(STEPS)
    wanted = {name: tensor[chosen] for name, tensor in whole.state().items()}
    reason = "so it is where all replicas go on"
    return expect_equal(own.optimizer, own.state(), wanted, reason, TOLERANCE[dtype])


def check_optimizer_factor(example: Example, seed: int, dtype: torch.dtype) -> Finding:
    """A schedule's factor multiplies the learning rate, replica by replica."""
    own, other = (Training(example, seed, dtype, replicas=REPLICAS) for _ in range(2))
    if "lr" not in own.optimizer.arguments:
        return NotTried("it has no learning rate")
    rate = own.optimizer.lr
    own.optimizer.lr_factor = [0.5, 0.25, 0.0]
    other.optimizer.lr = [factor * float(rate) for factor in (0.5, 0.25, 0.0)]  # type: ignore[arg-type]
    before = own.model.state()
    own.step(STEPS)
    other.step(STEPS)
    for name, value in own.model.state().items():
        if not torch.equal(value[2], before[name][2]):
            raise CheckFailed(
                f"{own.optimizer!r}: a schedule's factor of zero must leave {name} as it is"
            )
    reason = "so it is with the learning rate multiplied by hand"
    return expect_equal(
        own.optimizer, own.model.state(), other.model.state(), reason, TOLERANCE[dtype]
    )
