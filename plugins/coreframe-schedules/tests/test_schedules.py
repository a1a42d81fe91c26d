"""Schedules: their numbers, their arguments, and what they do in a training."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

import coreframe as cf
from coreframe_schedules import (
    Cosine,
    Exponential,
    MultiStep,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    Step,
)

# Worked out by hand from the formulas.
KNOWN: list[tuple[cf.Schedule, int, list[float]]] = [
    (Step(2, 0.5), 5, [1.0, 1.0, 0.5, 0.5, 0.25]),
    (Step(0.5, 0.1), 4, [1.0, 1.0, 0.1, 0.1]),
    (Step(0.1, 0.5), 7, [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625]),
    (MultiStep([1, 3], 0.5), 5, [1.0, 0.5, 0.5, 0.25, 0.25]),
    (MultiStep(gamma=0.1), 8, [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01]),
    (Exponential(0.25, size=2), 4, [1.0, 0.5, 0.25, 0.125]),
    (Exponential(0.01), 4, [1.0, 0.1, 0.01, 0.001]),
    (Cosine(), 4, [1.0, (2 + math.sqrt(2)) / 4, 0.5, (2 - math.sqrt(2)) / 4]),
    (Cosine(warm_up=3), 5, [0.25, 0.5, 0.75, 1.0, 0.5]),
    (Cosine(restarts=1, least=0.2), 4, [1.0, 0.6, 1.0, 0.6]),
    (Cosine(restarts=1, growth=2.0), 6, [1.0, 0.5, 1.0, (2 + math.sqrt(2)) / 4, 0.5, 0.146446609]),
    (Polynomial(), 4, [1.0, 0.75, 0.5, 0.25]),
    (Polynomial(2.0, warm_up=0.2, least=0.5), 5, [0.5, 1.0, 0.78125, 0.625, 0.53125]),
    (OneCycle(warm_up=3, div_factor=5.0, final_div_factor=2.0), 5, [0.2, 0.6, 1.0, 0.55, 0.1]),
]


@pytest.mark.parametrize(("schedule", "total", "wanted"), KNOWN, ids=lambda v: repr(v)[:30])
def test_known_numbers(schedule: cf.Schedule, total: int, wanted: list[float]) -> None:
    got = [schedule.factor(step, total) for step in range(total)]
    assert got == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (Step, {"size": [2, 0.5], "gamma": [0.5, 0.1]}),
        (MultiStep, {"gamma": [0.5, 0.1]}),
        (Exponential, {"gamma": [0.5, 0.1], "size": [1, 0.5]}),
        (Cosine, {"warm_up": [0, 5], "growth": [1.0, 3.0], "least": [0.0, 0.2]}),
        (OneCycle, {"warm_up": [0.2, 7], "div_factor": [3, 4], "final_div_factor": [5, 6]}),
        (Polynomial, {"power": [1, 2], "warm_up": [0.1, 3], "least": [0.1, 0.0]}),
    ],
)
def test_numbers_of_each_replica(make: Any, settings: dict[str, list[float]]) -> None:
    constant = {"restarts": 2} if make is Cosine else {}
    whole = make(**settings, **constant)
    kept = make(**settings, **constant).select([1])
    for replica in range(2):
        lone = make(**{name: values[replica] for name, values in settings.items()}, **constant)
        for step in range(20):
            assert whole.factor(step, 20)[replica] == lone.factor(step, 20)
    for step in range(20):
        assert kept.factor(step, 20) == [whole.factor(step, 20)[1]]


@pytest.mark.parametrize("total", [1, 2, 3, 10, 1000])
def test_warm_ups_longer_than_the_run(total: int) -> None:
    kinds: list[Any] = [Cosine, Polynomial, OneCycle]
    for kind in kinds:
        schedule = kind(warm_up=total + 3)
        factors = [schedule.factor(step, total) for step in range(total)]
        assert factors == sorted(factors)
        assert all(0 < factor <= 1 for factor in factors)


MISTAKES: list[tuple[Any, str]] = [
    (lambda: Step(0), "size must be finite, at least 1e-09, got 0"),
    (lambda: Step(3, -0.1), "gamma must be finite, at least 0, got -0.1"),
    (lambda: MultiStep([0.5, 0]), "MultiStep: milestones must be positive, got 0"),
    (lambda: MultiStep([True]), "MultiStep: milestones must be positive, got True"),
    (lambda: Cosine(restarts=-1), "Cosine: restarts must be an integer from 0, got -1"),
    (
        lambda: Cosine(restarts=0.5),  # type: ignore[arg-type]  # on purpose
        "Cosine: restarts must be an integer from 0, got 0.5",
    ),
    (lambda: Cosine(growth=0.5), "growth must be finite, at least 1, got 0.5"),
    (lambda: Cosine(least=1.0), "least must be finite, at least 0 and below 1, got 1"),
    (lambda: OneCycle(div_factor=0.5), "div_factor must be finite, at least 1, got 0.5"),
    (lambda: ReduceOnPlateau(1.0), "gamma must be finite, at least 0 and below 1, got 1"),
    (
        lambda: ReduceOnPlateau(mode="up"),  # type: ignore[arg-type]  # on purpose
        "ReduceOnPlateau: mode must be 'min' or 'max', got 'up'",
    ),
    (
        lambda: Step([1, 2], [0.1, 0.2, 0.3]).factor(0, 5),
        "one number of the schedule is given for 2 replicas, another for 3",
    ),
    (
        lambda: ReduceOnPlateau(figure="train_loss").observe({"loss": torch.ones(2)}),
        r"ReduceOnPlateau\(figure='train_loss'\) watches 'train_loss', and the history has loss",
    ),
]


@pytest.mark.parametrize(("make", "message"), MISTAKES, ids=[m[:40] for _, m in MISTAKES])
def test_mistakes(make: Any, message: str) -> None:
    with pytest.raises(cf.ArgumentError, match=message):
        make()


def test_state_of_a_plateau() -> None:
    own = ReduceOnPlateau(0.5, patience=0)
    fresh = own.state()
    assert fresh["best"] == math.inf
    assert ReduceOnPlateau(0.5, patience=0).load_state(fresh).factor(0, 1) == 1.0
    own.observe({"loss": torch.tensor([1.0, 2.0, 3.0])})
    own.observe({"loss": torch.tensor([2.0, 1.0, 3.0])})
    assert own.factor(0, 1) == [0.5, 1.0, 0.5]
    state = own.state()
    state["level"].zero_()  # a copy
    other = ReduceOnPlateau(0.5, patience=0).load_state(own.state())
    assert other.factor(0, 1) == [0.5, 1.0, 0.5]
    assert other.select([2, 1]).factor(0, 1) == [0.5, 1.0]
    assert other.select(1).factor(0, 1) == 1.0
    with pytest.raises(
        cf.StateError, match=r"is best, level, waited, cooling; not so: \['level'\]"
    ):
        own.load_state({name: t for name, t in own.state().items() if name != "level"})
    with pytest.raises(cf.StateError, match="has one number per replica"):
        own.load_state(own.state() | {"best": torch.ones(2)})
    assert own.factor(0, 1) == [0.5, 1.0, 0.5]


def test_negative_figures() -> None:
    schedule = ReduceOnPlateau(0.5, patience=0, threshold=0.1)
    for loss in (-1.0, -1.05, -1.2):  # the second is no progress by a tenth
        schedule.observe({"loss": torch.tensor(loss)})
    assert schedule.factor(0, 1) == 0.5


class Lines(cf.Dataset):
    """y = 2 x₀ − x₁."""

    def __init__(self) -> None:
        x = torch.randn(24, 2, generator=torch.Generator().manual_seed(0))
        self.train = self.test = cf.TensorSplit(x, (2 * x[:, :1] - x[:, 1:]))


def prepare(seeds: list[int] | None) -> tuple[cf.Module, cf.Loss, cf.Optimizer]:
    specs = ["Linear(2, 4)", "Tanh", "Linear(4, 1)"]
    model = cf.assemble(specs, seed=0) if seeds is None else cf.assemble(specs, seeds=seeds)
    return model, cf.create("loss", "MSE"), cf.create("optimizer", "SGD(lr=0.1)", model)


@pytest.mark.parametrize(
    "spec",
    [
        "Step(0.5)",
        "MultiStep",
        "Exponential",
        "Cosine(warm_up=0.1, restarts=1)",
        "OneCycle",
        "Polynomial",
        "ReduceOnPlateau(patience=0)",
    ],
)
@pytest.mark.parametrize("seeds", [None, [0, 1]], ids=["lone", "population"])
def test_in_a_training(spec: str, seeds: list[int] | None) -> None:
    """The learning rate of every step is the optimizer's times the factor."""
    model, loss, optimizer = prepare(seeds)
    schedule: Any = cf.create("schedule", spec)
    seen: list[Any] = []
    step = optimizer.step

    def noting(active: Tensor | None = None) -> None:
        factor = optimizer.lr_factor
        seen.append(factor.tolist() if isinstance(factor, Tensor) else factor)
        step(active)

    vars(optimizer)["step"] = noting
    wanted: list[Any] = []

    def note(epoch: int, row: dict[str, Tensor]) -> None:
        wanted.extend(own.factor(4 * epoch + index, 12) for index in range(4))
        own.observe(row)

    own: Any = cf.create("schedule", spec)
    history = cf.train_model(
        model, Lines(), loss, optimizer, epochs=3, batch_size=6, schedule=schedule, on_epoch=note
    )
    assert seen == wanted
    assert bool(history.loss.isfinite().all())


def test_each_replica_has_its_own_plateau() -> None:
    model, loss, optimizer = prepare([0, 1])
    optimizer.lr = [0.01, 1.9]  # the second one does not settle
    schedule = ReduceOnPlateau(0.5, patience=0)
    cf.train_model(model, Lines(), loss, optimizer, epochs=8, batch_size=6, schedule=schedule)
    first, second = schedule.state()["level"].tolist()
    assert first == 1.0
    assert second < 1.0
