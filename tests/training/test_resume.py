"""A run that was stopped after any update goes on bit for bit from its checkpoint."""

from pathlib import Path
from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Descent, Points, SumOfSquares
from torch import Tensor

import coreframe as cf


class Halt:
    """Saves and ends the run after some number of updates."""

    def __init__(self, path: Path, updates: int) -> None:
        self.path, self.left = path, updates

    @cf.hookimpl
    def coreframe_run_step(self, run: cf.Run) -> None:
        self.left -= 1
        if not self.left:
            cf.save_checkpoint(self.path, run.model, run.optimizer, progress=run.progress())
            run.stop("enough")


class Watchful(cf.Schedule):
    """Falls with what it has seen."""

    def __init__(self) -> None:
        self.seen = torch.zeros(())

    def factor(self, step: int, total: int) -> float:
        return (1 - step / total) / (1 + float(self.seen))

    def observe(self, row: Any) -> None:
        self.seen = self.seen + row["loss"].detach().mean().clamp(max=1).float()

    def state(self) -> dict[str, Tensor]:
        return {"seen": self.seen.clone()}

    def load_state(self, state: Any) -> "Watchful":
        self.seen = state["seen"].clone()
        return self


def make(seeds: Any) -> tuple[cf.Module, cf.Optimizer]:
    lone = isinstance(seeds, int)
    model = cf.assemble(
        ["Affine(2, 4)", "Square", "Affine(4, 2)"],
        seed=seeds if lone else None,
        seeds=None if lone else seeds,
    )
    return model, Descent(model, 0.001)


def train(model: cf.Module, optimizer: cf.Optimizer, split: cf.Dataset, **more: Any) -> cf.History:
    settings: dict[str, Any] = {"epochs": 3, "batch_size": 4, "log": True} | more
    return cf.train_model(model, split, SumOfSquares(), optimizer, **settings)


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("seeds", [5, [1, 2, 3]], ids=["lone", "population"])
@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize("after", [1, 2, 3, 5])
def test_it_goes_on_bit_for_bit(tmp_path: Path, seeds: Any, accumulate: int, after: int) -> None:
    settings: dict[str, Any] = {"accumulate": accumulate, "clip_norm": 0.5}
    whole, its = make(seeds)
    expected = train(whole, its, Points(23), schedule=Watchful(), **settings)
    model, optimizer = make(seeds)
    halt = Halt(tmp_path / "run.safetensors", after)
    train(model, optimizer, Points(23), schedule=Watchful(), watchers=[halt], **settings)
    found = cf.load_checkpoint(halt.path)
    assert found.progress is not None
    assert list(found.progress.figures) in (
        [],
        [n for n, f in vars(expected).items() if f is not None],
    )
    assert found.optimizer is not None
    rest = train(
        found.model,
        found.optimizer,
        Points(23),
        schedule=Watchful(),
        resume=found.progress,
        **settings,
    )
    for name, figures in vars(expected).items():
        if figures is not None:
            assert torch.equal(figures, getattr(rest, name)), name
    for name, value in whole.state().items():
        assert torch.equal(value, found.model.state()[name]), name
    for name, value in its.state().items():
        assert torch.equal(value, found.optimizer.state()[name]), name
    for stream, state in whole.random.state().items():
        assert torch.equal(state, found.model.random.state()[stream]), stream


@pytest.mark.usefixtures("toys")
def test_a_population_of_unequal_folds_goes_on_too(tmp_path: Path) -> None:
    def folds() -> cf.Folds:
        return cf.Folds(Points(22), 3, seed=0)

    whole, its = make([1, 2, 3])
    expected = train(whole, its, folds(), log=False)
    model, optimizer = make([1, 2, 3])
    halt = Halt(tmp_path / "run.safetensors", 6)
    train(model, optimizer, folds(), log=False, watchers=[halt])
    found = cf.load_checkpoint(halt.path)
    assert found.optimizer is not None
    rest = train(found.model, found.optimizer, folds(), log=False, resume=found.progress)
    assert torch.equal(expected.loss, rest.loss)


def test_a_stopped_run_returns_the_epochs_done() -> None:
    class Stop:
        @cf.hookimpl
        def coreframe_run_epoch(self, run: cf.Run, epoch: int, figures: Any) -> None:
            run.stop("enough")
            run.stop("never heard")
            assert (run.epoch, run.step, run.stopped) == (1, 0, "enough")

    model = cf.Sequential(Affine(2, 2)).initialize(seed=0)
    history = train(model, Descent(model, 0.01), Points(8), epochs=9, watchers=[Stop()])
    assert len(history.loss) == 1

    class StopAtOnce:
        @cf.hookimpl
        def coreframe_run_step(self, run: cf.Run) -> None:
            run.stop("at once")

    history = train(model, Descent(model, 0.01), Points(8), watchers=[StopAtOnce()])
    assert history.loss.shape == (0,)


def progress(**more: Any) -> cf.Progress:
    given: dict[str, Any] = {
        "epoch": 1,
        "step": 1,
        "losses": torch.zeros(1),
        "order": torch.zeros(5056, dtype=torch.uint8),
        **more,
    }
    return cf.Progress(**given)


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (progress(step=3, losses=torch.zeros(3)), "had done 3 batches of an epoch, and here an"),
        (progress(order=None), "its order or its losses are missing"),
        (progress(losses=None), "its order or its losses are missing"),
        (progress(losses=torch.zeros(2)), "has 2 losses"),
        (progress(figures={"loss": torch.zeros(1, 4)}), "not for replicas ()"),
    ],
)
def test_a_progress_of_another_run_is_refused(start: cf.Progress, says: str) -> None:
    model = cf.Sequential(Affine(2, 2)).initialize(seed=0)
    with pytest.raises(cf.StateError) as error:
        train(model, Descent(model, 0.01), Points(8), resume=start)
    assert says in str(error.value)


def test_start_epoch_and_resume_exclude_each_other() -> None:
    model = cf.Sequential(Affine(2, 2)).initialize(seed=0)
    with pytest.raises(cf.ArgumentError, match="start_epoch or resume, not both"):
        train(model, Descent(model, 0.01), Points(8), resume=progress(), start_epoch=1)
    with pytest.raises(cf.ArgumentError, match="leaves none of 3 epochs"):
        train(model, Descent(model, 0.01), Points(8), resume=progress(epoch=3))
