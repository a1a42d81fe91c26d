"""Schedules: against torch.optim.lr_scheduler, step by step, where the definitions agree."""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from coreframe import Schedule
from coreframe_schedules import (
    Cosine,
    Exponential,
    MultiStep,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    Step,
)

SEEDS = pytest.mark.parametrize("seed", range(100))


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # settings, not secrets


def course_of_torch(make: Any, total: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=1.0)
    found: list[float] = []
    with warnings.catch_warnings():  # of torch about its own SequentialLR, and of steps not taken
        warnings.simplefilter("ignore")
        schedule = make(optimizer)
        for step in range(total):
            found.append(optimizer.param_groups[0]["lr"])
            if step + 1 < total:
                schedule.step()
    return found


def expect_course(schedule: Schedule, make: Any, total: int) -> None:
    got = [schedule.factor(step, total) for step in range(total)]
    assert got == pytest.approx(course_of_torch(make, total), rel=1e-9, abs=1e-12)


@SEEDS
def test_step(seed: int) -> None:
    draw = chance(seed)
    size, gamma, total = draw.randint(1, 30), draw.uniform(0.1, 1.1), draw.randint(2, 120)
    expect_course(Step(size, gamma), lambda o: lr_scheduler.StepLR(o, size, gamma), total)


@SEEDS
def test_multi_step(seed: int) -> None:
    draw = chance(seed)
    milestones = sorted(draw.sample(range(1, 100), draw.randint(1, 5)))
    gamma, total = draw.uniform(0.1, 1.1), draw.randint(2, 120)
    schedule = MultiStep(milestones, gamma)
    expect_course(schedule, lambda o: lr_scheduler.MultiStepLR(o, milestones, gamma), total)


@SEEDS
def test_exponential(seed: int) -> None:
    draw = chance(seed)
    gamma, total = draw.uniform(0.8, 1.0), draw.randint(2, 120)
    schedule = Exponential(gamma, size=1)
    expect_course(schedule, lambda o: lr_scheduler.ExponentialLR(o, gamma), total)


@SEEDS
def test_cosine(seed: int) -> None:
    draw = chance(seed)
    warm_up, rest, least = draw.randint(1, 20), draw.randint(1, 100), draw.uniform(0.0, 0.5)

    def make(optimizer: Any) -> Any:
        line = lr_scheduler.LinearLR(optimizer, 1 / (warm_up + 1), total_iters=warm_up)
        wave = lr_scheduler.CosineAnnealingLR(optimizer, rest, eta_min=least)
        return lr_scheduler.SequentialLR(optimizer, [line, wave], [warm_up])

    expect_course(Cosine(warm_up=warm_up, least=least), make, warm_up + rest)
    expect_course(
        Cosine(least=least), lambda o: lr_scheduler.CosineAnnealingLR(o, rest, least), rest
    )


@SEEDS
def test_cosine_with_restarts(seed: int) -> None:
    draw = chance(seed)
    first, growth, restarts = draw.randint(1, 12), draw.randint(1, 3), draw.randint(0, 3)
    total = first * sum(growth**cycle for cycle in range(restarts + 1))
    least = draw.uniform(0.0, 0.5)
    expect_course(
        Cosine(restarts=restarts, growth=growth, least=least),
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, first, growth, least),
        total,
    )


@SEEDS
def test_one_cycle(seed: int) -> None:
    draw = chance(seed)
    total, share = draw.randint(2, 120), draw.uniform(0.05, 0.95)
    div, final = draw.uniform(2.0, 50.0), draw.uniform(2.0, 1e4)

    def make(optimizer: Any) -> Any:
        return lr_scheduler.OneCycleLR(
            optimizer,
            1.0,
            total_steps=total,
            pct_start=share,
            div_factor=div,
            final_div_factor=final,
            cycle_momentum=False,
        )

    schedule = OneCycle(warm_up=share, div_factor=div, final_div_factor=final)
    expect_course(schedule, make, total)


@SEEDS
def test_polynomial(seed: int) -> None:
    draw = chance(seed)
    power, total = draw.choice([1.0, draw.uniform(0.3, 4.0)]), draw.randint(1, 120)
    expect_course(Polynomial(power), lambda o: lr_scheduler.PolynomialLR(o, total, power), total)


@SEEDS
def test_plateau_of_each_replica(seed: int) -> None:
    draw = chance(seed)
    mode = draw.choice(["min", "max"])
    own = [
        {
            "gamma": draw.uniform(0.1, 0.9),
            "patience": draw.randint(0, 5),
            "threshold": draw.choice([0.0, 1e-4, 0.1]),
            "cooldown": draw.randint(0, 4),
            "least": draw.choice([0.0, 0.05]),
        }
        for _ in range(3)
    ]
    together = {name: [settings[name] for settings in own] for name in own[0]}
    schedule = ReduceOnPlateau(**together, mode=mode)  # type: ignore[arg-type]  # drawn
    lone = [ReduceOnPlateau(**settings, mode=mode) for settings in own]  # type: ignore[arg-type]
    optimizers = [torch.optim.SGD([torch.zeros(())], lr=1.0) for _ in own]
    rivals = [
        lr_scheduler.ReduceLROnPlateau(
            optimizer,
            mode,  # type: ignore[arg-type]  # one of the two
            factor=settings["gamma"],
            patience=int(settings["patience"]),
            threshold=settings["threshold"],
            cooldown=int(settings["cooldown"]),
            min_lr=settings["least"],
            eps=0.0,
        )
        for optimizer, settings in zip(optimizers, own, strict=True)
    ]
    for epoch in range(60):
        figures = [1 + 2 / (1 + epoch) + draw.uniform(0.0, 0.3) for _ in own]
        if epoch % 7 == 5:
            figures[1] = float("nan")
        schedule.observe({"loss": torch.tensor(figures)})
        for alone, rival, figure in zip(lone, rivals, figures, strict=True):
            figure = float(torch.tensor(figure))  # noqa: PLW2901  # rounded as in the population
            alone.observe({"loss": torch.tensor(figure)})
            rival.step(figure)
        wanted = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
        assert schedule.factor(0, 1) == pytest.approx(wanted, rel=1e-12)
        assert [alone.factor(0, 1) for alone in lone] == pytest.approx(wanted, rel=1e-12)
