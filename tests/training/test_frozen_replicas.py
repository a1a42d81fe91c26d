"""Replicas that diverge or are frozen rest, bit for bit, and change no bit of their neighbours."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from coreframe_toys import Descent, Points, SumOfSquares
from torch import Tensor

import coreframe as cf

SPECS = ["Affine(2, 5)", "Noise", "RunningMean(5)", "Square", "Affine(5, 2)"]
COUNT, WILD = 5, 2
OTHERS = [0, 1, 3, 4]

Watch = Callable[[cf.Run], None]


class EachEpoch:
    """Calls a function after each epoch."""

    def __init__(self, function: Watch) -> None:
        self.function = function

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run) -> None:
        self.function(run)


class Seen:
    """Keeps the run."""

    run: cf.Run

    @cf.hookimpl
    def coreframe_run_start(self, run: cf.Run) -> None:
        self.run = run


def population(lr: float = 0.001) -> tuple[cf.Module, cf.Optimizer]:
    model = cf.assemble(SPECS, seeds=range(COUNT))
    rates = [0.001] * COUNT
    rates[WILD] = lr
    return model, Descent(model, rates, momentum=0.9)


def train(
    model: cf.Module, optimizer: cf.Optimizer, *watchers: object, **more: Any
) -> tuple[cf.History, cf.Run]:
    seen = Seen()
    settings: dict[str, Any] = {"epochs": 4, "batch_size": 4, "log": True, **more}
    history = cf.train_model(
        model, Points(21), SumOfSquares(), optimizer, watchers=[seen, *watchers], **settings
    )
    return history, seen.run


def everything(model: cf.Module, optimizer: cf.Optimizer) -> dict[str, Tensor]:
    return {**model.state(), **{f"optimizer {n}": t for n, t in optimizer.state().items()}}


def expect_equal(one: dict[str, Tensor], two: dict[str, Tensor], replicas: Any) -> None:
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor[replicas], two[name][replicas]), name


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("clip", [None, 1.0])
def test_a_diverging_replica_changes_no_bit_of_the_others(
    clip: float | None, accumulate: int
) -> None:
    tame, wild = population(), population(lr=1e25)
    settings: dict[str, Any] = {"clip_norm": clip, "accumulate": accumulate}
    expected, calm = train(*tame, **settings)
    history, run = train(*wild, **settings)
    assert run.diverged.tolist() == [index == WILD for index in range(COUNT)]
    assert run.frozen.equal(run.diverged)
    assert not calm.frozen.any()
    expect_equal(everything(*tame), everything(*wild), OTHERS)
    for name in ("loss", "train_loss", "test_accuracy"):
        assert torch.equal(getattr(history, name)[:, OTHERS], getattr(expected, name)[:, OTHERS])
    assert history.loss[:, WILD].isnan().all()


def test_a_diverged_replica_stays_as_it_was() -> None:
    states: list[dict[str, Tensor]] = []
    model, optimizer = population(lr=1e8)
    train(model, optimizer, EachEpoch(lambda _: states.append(everything(model, optimizer))))
    assert all(tensor[WILD].isfinite().all() for tensor in states[0].values()), "it overflows later"
    states = [{n: t for n, t in state.items() if n != "optimizer steps"} for state in states]
    for later in states[1:]:
        expect_equal(states[0], later, WILD)


def test_frozen_replicas_rest_and_the_others_go_on() -> None:
    mask = torch.tensor([False, True, False, False, True])
    going = [0, 2, 3]
    free, held = population(), population()
    kept: dict[str, Tensor] = {}

    def freeze(run: cf.Run) -> None:
        if run.epoch == 2:
            run.freeze(mask)
            kept.update(everything(*held))

    expected, _ = train(*free)
    history, run = train(*held, EachEpoch(freeze))
    assert run.frozen.equal(mask)
    assert not run.diverged.any()
    expect_equal(everything(*free), everything(*held), going)
    assert torch.equal(history.loss[:, going], expected.loss[:, going])
    kept["optimizer steps"] = held[1].state()["steps"]
    expect_equal(kept, everything(*held), mask)
    for name, value in free[0].state().items():
        assert not torch.equal(value[mask], held[0].state()[name][mask]), f"{name} never moves"


def test_a_run_with_nobody_left_to_train_ends() -> None:
    everyone = torch.ones(COUNT, dtype=torch.bool)
    history, run = train(*population(), EachEpoch(lambda run: run.freeze(everyone)))
    assert run.stopped == "every replica is frozen"
    assert len(history.loss) == 1


def test_diverged_beside_frozen_ends_without_an_error() -> None:
    model, optimizer = population(lr=1e25)
    mask = torch.tensor([index != WILD for index in range(COUNT)])
    _, run = train(model, optimizer, EachEpoch(lambda run: run.freeze(mask)))
    assert run.stopped == "every replica is frozen"
    assert run.diverged.sum() == 1


@pytest.mark.parametrize("updates", [3, 6, 8])
def test_a_resumed_run_knows_who_is_frozen(updates: int) -> None:
    class Halt:
        left = updates

        @cf.hookimpl
        def coreframe_run_step(self, run: cf.Run) -> None:
            self.left -= 1
            if not self.left:
                found.append(run.progress())
                run.stop("enough")

    found: list[cf.Progress] = []
    mask = torch.tensor([True, False, False, False, False])
    freeze = EachEpoch(lambda run: run.freeze(mask))
    through, halted = population(lr=1e25), population(lr=1e25)
    expected, _ = train(*through, freeze, epochs=2)
    train(*halted, freeze, Halt(), epochs=2)
    progress = cf.Progress.read(found[0].counts(), found[0].tensors())
    history, run = train(*halted, freeze, epochs=2, resume=progress)
    assert run.diverged.nonzero().tolist() == [[WILD]]
    for name, value in everything(*through).items():
        assert torch.equal(value.nan_to_num(7), everything(*halted)[name].nan_to_num(7)), name
    assert torch.equal(history.loss.nan_to_num(7), expected.loss.nan_to_num(7))


def test_only_a_mask_of_a_populations_replicas_freezes() -> None:
    def freeze(mask: Any) -> Watch:
        return lambda run: run.freeze(mask)

    for mask in (torch.tensor([0, 1, 0, 0, 0]), torch.tensor([True]), [True] * COUNT):
        with pytest.raises(cf.ArgumentError, match=r"a boolean mask of shape \(5,\)"):
            train(*population(), EachEpoch(freeze(mask)))
    lone = cf.assemble(SPECS, seed=0)
    with pytest.raises(cf.ArgumentError, match="a lone run can stop"):
        train(lone, Descent(lone, 0.001), EachEpoch(freeze(torch.tensor(True))))
