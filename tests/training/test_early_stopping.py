"""EarlyStopping: each replica of a population ends as its lone run would, and disturbs nobody."""

from pathlib import Path
from typing import Any

import pytest
import torch
from coreframe_toys import Descent, Points, SumOfSquares
from torch import Tensor

import coreframe as cf

SPECS = ["Affine(2, 5)", "Noise", "RunningMean(5)", "Square", "Affine(5, 2)"]
RATES = [0.003, 0.0005, 0.002, 0.001]
SEEDS = [3, 1, 4, 2]
EPOCHS = 40


def folds() -> cf.Folds:
    return cf.Folds(Points(26), 4, seed=1)  # of unequal sizes


def parts(replica: int | None = None) -> tuple[cf.Module, cf.Optimizer]:
    """The population, or one of its replicas alone."""
    if replica is None:
        model = cf.assemble(SPECS, seeds=SEEDS, dtype=torch.float64)
        return model, Descent(model, RATES, momentum=0.9)
    model = cf.assemble(SPECS, seed=SEEDS[replica], dtype=torch.float64)
    return model, Descent(model, RATES[replica], momentum=0.9)


def train(
    pair: tuple[cf.Module, cf.Optimizer], data: cf.Dataset, *watchers: object, **more: Any
) -> cf.History:
    settings: dict[str, Any] = {"epochs": EPOCHS, "batch_size": 4, "log": ["validation"], **more}
    model, optimizer = pair
    return cf.train_model(model, data, SumOfSquares(), optimizer, watchers=watchers, **settings)


class Seen:
    """Keeps the run, and what the model was after each epoch."""

    run: cf.Run

    def __init__(self) -> None:
        self.states: list[dict[str, Tensor]] = []

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run) -> None:
        self.run = run
        self.states.append(run.model.state())


@pytest.mark.parametrize("monitor", ["validation_loss", "validation_accuracy", "loss"])
@pytest.mark.parametrize("restore", [True, False])
def test_each_replica_gets_what_its_lone_run_gets(monitor: str, restore: bool) -> None:
    population, seen = parts(), Seen()
    stopping = cf.EarlyStopping(monitor, 3, restore_best=restore)
    history = train(population, folds(), stopping, seen)
    lengths = []
    for replica in range(4):
        lone, alone = parts(replica), cf.EarlyStopping(monitor, 3, restore_best=restore)
        found = train(lone, folds().select(replica), alone)
        lengths.append(len(found.loss))
        assert int(stopping.best_epoch[replica]) == int(alone.best_epoch)
        assert int(stopping.waited[replica]) == int(alone.waited)
        assert float(stopping.best[replica]) == pytest.approx(float(alone.best), rel=1e-9)
        for name, value in lone[0].state().items():
            torch.testing.assert_close(population[0].state()[name][replica], value)
        torch.testing.assert_close(history.loss[: lengths[-1], replica], found.loss)
    assert len(history.loss) == max(lengths)
    assert len(set(lengths)) > 2, "they end at epochs of their own"


def test_the_neighbours_of_those_that_end_lose_no_bit() -> None:
    free, held, seen = parts(), parts(), Seen()
    stopping = cf.EarlyStopping("validation_loss", 3, restore_best=False)
    history = train(held, folds(), stopping, seen)
    expected = train(free, folds(), epochs=len(history.loss))
    frozen = seen.run.frozen
    going = ~(stopping.waited >= 3) | (stopping.best_epoch + 3 == len(history.loss) - 1)
    assert 0 < int(going.sum()) < 4
    assert frozen[~going].all()
    for name, value in free[0].state().items():
        assert torch.equal(held[0].state()[name][going], value[going]), name
        assert not torch.equal(held[0].state()[name][~going], value[~going]), name
    assert torch.equal(history.loss[:, going], expected.loss[:, going])
    for replica, last in enumerate((stopping.best_epoch + 3).tolist()):
        until = last + 1
        assert torch.equal(history.loss[:until, replica], expected.loss[:until, replica])
        for name, value in held[0].state().items():  # and rests as it was when it ended
            rest = seen.states[min(last, len(seen.states) - 1)][name]
            assert torch.equal(value[replica], rest[replica]), name


def test_the_best_values_are_those_of_the_best_epochs() -> None:
    population, seen = parts(), Seen()
    stopping = cf.EarlyStopping(patience=5)
    history = train(population, folds(), stopping, seen)
    assert history.validation_loss is not None
    for replica, epoch in enumerate(stopping.best_epoch.tolist()):
        figures = history.validation_loss[:, replica]
        assert float(figures[: epoch + 6].min()) == float(figures[epoch])
        assert float(stopping.best[replica]) == float(figures[epoch])
        for name, value in population[0].state().items():
            assert torch.equal(value[replica], seen.states[epoch][name][replica]), name
    found = cf.evaluate(population[0], folds().part("validation"), SumOfSquares()).loss
    torch.testing.assert_close(found, stopping.best)


def test_without_patience_the_best_values_are_kept_and_nobody_ends() -> None:
    population = parts()
    stopping = cf.EarlyStopping(patience=None)
    history = train(population, folds(), stopping)
    assert len(history.loss) == EPOCHS
    assert history.validation_loss is not None
    assert stopping.best_epoch.equal(history.validation_loss.argmin(0))


def test_what_is_hardly_better_is_not_better() -> None:
    population = parts()
    stopping = cf.EarlyStopping("loss", None, min_delta=5.0)
    history = train(population, folds(), stopping)
    for replica in range(4):
        best, chosen = float("inf"), -1
        for epoch, figure in enumerate(history.loss[:, replica].tolist()):
            if figure < best - 5.0:
                best, chosen = figure, epoch
        assert int(stopping.best_epoch[replica]) == chosen
        assert chosen != int(history.loss[:, replica].argmin()), "it makes a difference"


def test_a_diverging_replica_gets_its_best_values_back() -> None:
    model = cf.assemble(SPECS, seeds=SEEDS, dtype=torch.float64)
    optimizer = Descent(model, [0.0005, 0.0005, 0.006, 0.0005], momentum=0.9)
    stopping, seen = cf.EarlyStopping(patience=30), Seen()
    train((model, optimizer), folds(), stopping, seen, epochs=6)
    assert seen.run.diverged.tolist() == [False, False, True, False]
    assert int(stopping.best_epoch[2]) == 0
    for name, value in model.state().items():
        assert torch.equal(value[2], seen.states[0][name][2]), name


@pytest.mark.parametrize("rung_first", [True, False])
@pytest.mark.parametrize("chosen", [[3, 0], [1, 0, 3, 2]], ids=str)
def test_a_selection_of_replicas_is_followed(chosen: list[int], rung_first: bool) -> None:
    class Rung:
        @cf.hookimpl
        def coreframe_run_epoch(self, run: cf.Run) -> None:
            if run.epoch == 2:
                run.select(chosen)

    population = parts()
    stopping = cf.EarlyStopping(patience=4)
    watchers = (Rung(), stopping) if rung_first else (stopping, Rung())
    train(population, folds(), *watchers)
    for place, replica in enumerate(chosen):
        lone, alone = parts(replica), cf.EarlyStopping(patience=4)
        train(lone, folds().select(replica), alone)
        assert int(stopping.best_epoch[place]) == int(alone.best_epoch)
        for name, value in lone[0].state().items():
            torch.testing.assert_close(population[0].state()[name][place], value)


def test_one_that_takes_over_anothers_training_gets_new_patience() -> None:
    class Exploit:
        @cf.hookimpl
        def coreframe_run_epoch(self, run: cf.Run) -> None:
            if run.epoch == 8:
                frozen.append(run.frozen.tolist())
                run.exploit([0, 0, 2, 3])
            elif run.epoch == 9:
                frozen.append(run.frozen.tolist())

    frozen: list[list[bool]] = []
    stopping = cf.EarlyStopping(patience=3)
    train(parts(), folds(), Exploit(), stopping)
    assert frozen == [[False, True, False, True], [False, False, True, True]]


@pytest.mark.parametrize("updates", [5, 30, 47])
def test_a_resumed_run_ends_as_it_would_have(tmp_path: Path, updates: int) -> None:
    class Halt:
        left = updates

        def __init__(self, stopping: cf.EarlyStopping) -> None:
            self.stopping = stopping

        @cf.hookimpl
        def coreframe_run_step(self, run: cf.Run) -> None:
            self.left -= 1
            if not self.left:
                self.kept = self.stopping.state()
                progress = run.progress()
                cf.save_checkpoint(tmp_path / "run", run.model, run.optimizer, progress=progress)
                run.stop("enough")

    through, whole = parts(), cf.EarlyStopping(patience=3)
    expected = train(through, folds(), whole)
    cut = cf.EarlyStopping(patience=3)
    halt = Halt(cut)
    train(parts(), folds(), cut, halt)
    found = cf.load_checkpoint(tmp_path / "run")
    assert found.optimizer is not None
    again = cf.EarlyStopping(patience=3).load_state(halt.kept)
    pair = (found.model, found.optimizer)
    history = train(pair, folds(), again, resume=found.progress)
    assert torch.equal(history.loss, expected.loss)
    for name, value in through[0].state().items():
        assert torch.equal(found.model.state()[name], value), name
    assert again.best_epoch.equal(whole.best_epoch)


def test_a_resumed_run_without_its_state_is_told() -> None:
    first, seen = parts(), Seen()
    train(first, folds(), seen, epochs=2)
    progress = seen.run.progress()
    with pytest.raises(cf.StateError, match="not the values of its best epoch: give it load_state"):
        train(first, folds(), cf.EarlyStopping(), resume=progress)
    stopping = cf.EarlyStopping("validation_loss", 50, restore_best=False)
    history = train(first, folds(), stopping, resume=progress, epochs=5)
    assert history.validation_loss is not None
    assert stopping.best_epoch.equal(history.validation_loss.argmin(0))


def test_a_state_of_another_model_is_told() -> None:
    stopping = cf.EarlyStopping()
    train(parts(0), folds().select(0), stopping, epochs=2)
    kept = stopping.state()
    again = cf.EarlyStopping().load_state(kept)
    with pytest.raises(
        cf.StateError, match=r"was of replicas \(\), and the model has replicas \(4"
    ):
        train(parts(), folds(), again, epochs=2)
    with pytest.raises(cf.StateError, match="'none' is not one of its names"):
        train(
            parts(0),
            folds().select(0),
            cf.EarlyStopping().load_state(kept | {"values/none": torch.zeros(1)}),
            epochs=2,
        )
    with pytest.raises(cf.StateError, match="has best, best_epoch, waited"):
        cf.EarlyStopping().load_state({})


def test_a_second_run_begins_anew() -> None:
    pair, stopping = parts(), cf.EarlyStopping("loss", 2)
    train(pair, folds(), stopping)
    history = train(pair, folds(), stopping, epochs=3)
    assert len(history.loss) > 1
    assert int(stopping.best_epoch.max()) < 3


def make(**arguments: Any) -> cf.EarlyStopping:
    return cf.EarlyStopping(**arguments)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"monitor": "test_loss"}, "monitor must be one of loss, train_loss"),
        ({"monitor": "val_loss"}, "monitor must be one of loss, train_loss"),
        ({"patience": 0}, "patience must be a positive integer"),
        ({"patience": 2.5}, "patience must be a positive integer"),
        ({"min_delta": -1}, "min_delta must be at least 0"),
        ({"min_delta": float("nan")}, "min_delta must be at least 0"),
        ({"min_delta": "1"}, "min_delta must be a number"),
    ],
)
def test_settings_out_of_range_are_told(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(cf.ArgumentError, match=says):
        make(**arguments)


def test_a_figure_that_the_run_has_not_is_told() -> None:
    with pytest.raises(cf.ArgumentError, match="watches validation_loss, and the run has loss: "):
        train(parts(), folds(), cf.EarlyStopping(), log=False)
