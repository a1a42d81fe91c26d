"""Schedules in a training: what they are asked, told, and may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import pytest
import torch
from coreframe_toys import Points
from torch import Tensor

import coreframe as cf


class Falling(cf.Schedule):
    """1 − step / total."""

    def factor(self, step: int, total: int) -> float:
        return 1.0 - step / total


class Fixed(cf.Schedule):
    """Whatever it was given."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def factor(self, step: int, total: int) -> Any:  # the interface's
        return self.value


class Plateau(cf.Schedule):
    """Halves the factor of each replica whose loss has not fallen."""

    patience = cf.Hyperparameter()

    def __init__(self, patience: cf.Setting = 0.0) -> None:
        self.patience = patience
        self.best: Tensor | None = None
        self.factors: Tensor | None = None

    def factor(self, step: int, total: int) -> cf.Setting:  # the interface's
        factors: Any = 1.0 if self.factors is None else self.factors.tolist()
        return factors  # type: ignore[no-any-return]  # a number or a list of them

    def observe(self, row: Mapping[str, Tensor]) -> None:
        loss = row["loss"]
        if self.best is None or self.factors is None:
            self.best, self.factors = loss.clone(), torch.ones_like(loss)
            return
        self.factors = torch.where(loss < self.best, self.factors, self.factors / 2)
        self.best = torch.minimum(self.best, loss)

    def state(self) -> dict[str, Tensor]:
        assert self.best is not None
        assert self.factors is not None
        return {"best": self.best.clone(), "factors": self.factors.clone()}

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        self.best, self.factors = state["best"], state["factors"]
        return self


def make(seeds: list[int] | None = None) -> tuple[cf.Module, cf.Optimizer]:
    specs = ["Affine(2, 5)", "Square", "Affine(5, 2)"]
    model = cf.assemble(specs, seed=0) if seeds is None else cf.assemble(specs, seeds=seeds)
    return model, cf.create("optimizer", "Descent(lr=0.01, momentum=0.5)", model)


def train(model: cf.Module, optimizer: cf.Optimizer, **options: Any) -> cf.History:
    loss = cf.create("loss", "MeanOfSquares")
    return cf.train_model(model, Points(32), loss, optimizer, batch_size=10, **options)


def test_a_run_in_two_calls_is_the_run_in_one() -> None:
    whole, halves = make([0, 1]), make([0, 1])
    history = train(*whole, epochs=4, schedule=Falling())
    first = train(*halves, epochs=1, schedule=Falling())  # another total: another factor
    assert not torch.equal(first.loss[0], history.loss[0])

    whole, halves = make([0, 1]), make([0, 1])
    history = train(*whole, epochs=4, schedule=Falling())
    with pytest.raises(KeyboardInterrupt):
        train(*halves, epochs=4, schedule=Falling(), on_epoch=_interrupt_after_two)
    rest = train(*halves, epochs=4, start_epoch=2, schedule=Falling())
    assert torch.equal(rest.loss, history.loss[2:])
    for name, value in whole[0].state().items():
        assert torch.equal(value, halves[0].state()[name])


def _interrupt_after_two(epoch: int, row: dict[str, Tensor]) -> None:
    if epoch == 1:
        raise KeyboardInterrupt


@pytest.mark.parametrize("start", [4, 5])
def test_a_start_that_leaves_nothing(start: int) -> None:
    with pytest.raises(cf.ArgumentError, match=f"start_epoch {start} leaves none of 4 epochs"):
        train(*make(), epochs=4, start_epoch=start)


@pytest.mark.parametrize(
    "factor", [float("nan"), float("inf"), -0.5, [1.0, -1.0], [1.0, float("nan")]]
)
def test_a_factor_that_is_none_is_refused(factor: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="schedule's factor must be finite and ≥ 0"):
        train(*make([0, 1]), epochs=1, schedule=Fixed(factor))


def test_a_schedule_that_watches_the_run() -> None:
    model, optimizer = make([0, 1])
    schedule = Plateau()
    optimizer.lr = [0.001, 5.0]  # the second one diverges
    seen: list[list[float]] = []

    def note(epoch: int, row: dict[str, Tensor]) -> None:  # the interface's
        assert schedule.factors is not None
        seen.append(schedule.factors.tolist())

    train(model, optimizer, epochs=3, schedule=schedule, on_epoch=note)
    assert [row[0] for row in seen] == [1.0, 1.0, 1.0]
    assert seen[-1][1] < 1.0


def test_its_state_is_taken_over() -> None:
    schedule = Plateau([0.0, 1.0])
    train(*make([0, 1]), epochs=2, schedule=schedule)
    other = Plateau([0.0, 1.0]).load_state(schedule.state())
    assert other.factor(0, 1) == schedule.factor(0, 1)
    assert other.select([1]).patience == (1.0,)


def test_one_that_keeps_nothing_refuses_a_state() -> None:
    assert Falling().state() == {}
    with pytest.raises(cf.StateError, match="'best' is not one of its names"):
        Falling().load_state({"best": torch.ones(2)})
