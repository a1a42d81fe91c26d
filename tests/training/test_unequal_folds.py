"""Folds of unequal size: each replica trains exactly as it would alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from coreframe_toys import Points
from torch import Tensor

import coreframe as cf

PLAIN = ["Affine(2, 5)", "Square", "Affine(5, 2)"]
WITH_NOISE_AND_STATISTICS = ["Affine(2, 5)", "Noise", "Square", "RunningMean(5)", "Affine(5, 2)"]
SEEDS = [7, 8, 9]


class Falling(cf.Schedule):
    """1 − step / total: it ends near zero only where the total is that of the replica."""

    def factor(self, step: int, total: int) -> float:
        assert 0 <= step < total
        return 1.0 - step / total


class Adam(cf.Optimizer):
    """Kingma and Ba 2015: its corrections count the steps, and it decays weights by name."""

    state_names = ("mean", "square")

    def __init__(self, model: cf.Module, lr: cf.Setting) -> None:
        super().__init__(model)
        self.lr = lr

    def update(self, slab: cf.Slab) -> None:
        decay = torch.zeros_like(slab.value)
        for segment in slab.segments:
            segment.view(decay).fill_(0.01 * segment.name.endswith("weight"))
        slab.value.mul_(1 - decay)
        mean, square = slab.state["mean"], slab.state["square"]
        mean.mul_(0.9).add_(slab.grad, alpha=0.1)
        square.mul_(0.999).addcmul_(slab.grad, slab.grad, value=0.001)
        first, second = (slab.expand(1 - beta**slab.steps) for beta in (0.9, 0.999))
        step = (mean / first) / ((square / second).sqrt() + 1e-8)
        cf.add_scaled(slab.value, slab.settings["lr"], step, sign=-1, out=slab.value)


class PerReplica(cf.Schedule):
    """Falls at another rate for each replica of three, or as it does for the given one."""

    def __init__(self, replica: int | None = None) -> None:
        self.replica = replica

    def factor(self, step: int, total: int) -> cf.Setting:
        factors = [1.0 - rate * step / total for rate in (0.2, 0.5, 1.0)]
        return factors if self.replica is None else factors[self.replica]


def train(
    data: cf.Dataset,
    batch_size: int,
    seed: int | list[int],
    specs: list[str],
    schedule: cf.Schedule | None = None,
    adam: bool = False,
) -> tuple[Tensor, cf.Module, cf.Optimizer]:
    key = "seed" if isinstance(seed, int) else "seeds"
    model = cf.assemble(specs, dtype=torch.float64, **{key: seed})  # type: ignore[arg-type]
    loss = cf.create("loss", "MeanOfSquares")
    if adam:
        optimizer: cf.Optimizer = Adam(model, lr=0.01)
    else:
        optimizer = cf.create("optimizer", "Descent(lr=0.005, momentum=0.5)", model)
    history = cf.train_model(
        model, data, loss, optimizer, epochs=3, batch_size=batch_size, schedule=schedule
    )
    return history.loss, model, optimizer


def compare(
    samples: int,
    batch_size: int,
    specs: list[str],
    schedules: Sequence[cf.Schedule | None],
    adam: bool = False,
) -> None:
    """The first schedule is that of the population, the others those of the lone runs."""
    losses, model, optimizer = train(
        cf.Folds(Points(samples), 3), batch_size, SEEDS, specs, schedules[0], adam
    )
    for fold, seed in enumerate(SEEDS):
        alone = cf.Folds(Points(samples), 3).select(fold)
        assert alone.replicas == ()
        loss, lone, one = train(alone, batch_size, seed, specs, schedules[fold + 1], adam)
        assert loss.isfinite().all()
        torch.testing.assert_close(losses[:, fold], loss, rtol=1e-10, atol=1e-12)
        for own, other in ((model.state(), lone.state()), (optimizer.state(), one.state())):
            for name, value in other.items():
                torch.testing.assert_close(own[name][fold], value, rtol=1e-10, atol=1e-12)


UNEQUAL = pytest.mark.parametrize(
    ("samples", "batch_size"),
    # 101 samples make folds of 67, 67 and 68: a batch of 67 leaves one sample to the longest.
    [(101, 1), (101, 16), (101, 67), (100, 66), (99, 16), (101, 200)],
)


@UNEQUAL
def test_three_folds_train_as_three_lone_trainings(samples: int, batch_size: int) -> None:
    compare(samples, batch_size, PLAIN, [None] * 4)


@UNEQUAL
def test_a_replica_draws_no_noise_for_padding_and_counts_none(
    samples: int, batch_size: int
) -> None:
    compare(samples, batch_size, WITH_NOISE_AND_STATISTICS, [None] * 4)


@UNEQUAL
def test_a_schedule_follows_the_steps_of_each_replica(samples: int, batch_size: int) -> None:
    compare(samples, batch_size, PLAIN, [Falling()] * 4)


def test_a_schedule_of_one_factor_per_replica() -> None:
    schedules = [PerReplica(), *(PerReplica(replica) for replica in range(3))]
    compare(101, 67, PLAIN, schedules)


@UNEQUAL
def test_an_optimizer_counts_the_steps_of_each_replica(samples: int, batch_size: int) -> None:
    compare(samples, batch_size, PLAIN, [None] * 4, adam=True)


def test_folds_are_evaluated_as_lone_ones() -> None:
    folds = cf.Folds(Points(101), 3)
    _, model, _ = train(folds, 16, SEEDS, PLAIN)
    loss = cf.create("loss", "MeanOfSquares")
    together = cf.evaluate(model, folds.part("validation"), loss)
    for fold in range(3):
        alone = cf.Folds(Points(101), 3).select(fold)
        _, lone, _ = train(alone, 16, SEEDS[fold], PLAIN)
        one = cf.evaluate(lone, alone.part("validation"), loss)
        torch.testing.assert_close(together.loss[fold], one.loss, rtol=1e-10, atol=1e-12)
        assert together.accuracy[fold] == one.accuracy
