"""A run that goes on with some of its replicas, as a search does at a rung."""

from pathlib import Path
from typing import Any

import pytest
import torch
from coreframe_toys import Descent, Points, SumOfSquares

import coreframe as cf

SPECS = ["Affine(2, 5)", "Noise", "RunningMean(5)", "Square", "Affine(5, 2)"]
RATES = [0.0001, 0.0002, 0.00005, 0.0003]
KEPT = [3, 0]


class Rung:
    """Selects after an epoch."""

    def __init__(self, epoch: int, kept: Any) -> None:
        self.epoch, self.kept = epoch, kept
        self.seen: list[tuple[int, ...]] = []

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run, figures: Any) -> None:
        self.seen.append(tuple(figures["loss"].shape))
        if run.epoch == self.epoch:
            run.select(self.kept)
            self.run = run


def train(
    model: cf.Module, optimizer: cf.Optimizer, data: cf.Dataset | None = None, **more: Any
) -> cf.History:
    settings: dict[str, Any] = {"epochs": 4, "batch_size": 4, "log": True, **more}
    return cf.train_model(model, data or Points(21), SumOfSquares(), optimizer, **settings)


def population() -> tuple[cf.Module, cf.Optimizer]:
    model = cf.assemble(SPECS, seeds=range(len(RATES)), dtype=torch.float64)
    return model, Descent(model, RATES, momentum=0.9)


@pytest.mark.parametrize("folds", [False, True])
def test_those_that_are_left_train_as_they_would_alone(folds: bool) -> None:
    model, optimizer = population()
    data: cf.Dataset = cf.Folds(Points(22), 4) if folds else Points(21)
    rung = Rung(2, KEPT)
    history = train(model, optimizer, data, watchers=[rung])
    assert rung.run.alive == KEPT
    assert rung.seen == [(4,), (4,), (2,), (2,)]
    assert model.replicas == (2,)
    assert history.loss.shape == (4, 4)
    for place, replica in enumerate(KEPT):
        own: cf.Dataset = cf.Folds(Points(22), 4).select([replica]) if folds else Points(21)
        lone = cf.assemble(SPECS, seeds=[replica], dtype=torch.float64)
        alone = train(lone, Descent(lone, [RATES[replica]], momentum=0.9), own)
        for name, value in lone.state().items():
            torch.testing.assert_close(model.state()[name][place], value[0])
        for name, figure in vars(alone).items():
            if figure is not None:
                torch.testing.assert_close(vars(history)[name][:, replica], figure[:, 0])
    for replica in (1, 2):
        assert history.loss[:2, replica].isfinite().all()
        assert history.loss[2:, replica].isnan().all()


def test_two_rungs_keep_the_first_numbers() -> None:
    class Rungs:
        @cf.hookimpl
        def coreframe_run_epoch(self, run: cf.Run) -> None:
            if len(run.alive) > 1:
                run.select(list(range(1, len(run.alive))))
            seen.append(run.alive)

    seen: list[list[int]] = []
    history = train(*population(), watchers=[Rungs()])
    assert seen == [[1, 2, 3], [2, 3], [3], [3]]
    assert history.loss.isfinite().sum(0).tolist() == [1, 2, 3, 4]


def test_a_run_resumes_after_a_selection_bit_for_bit(tmp_path: Path) -> None:
    class Halt:
        @cf.hookimpl
        def coreframe_run_step(self, run: cf.Run) -> None:
            if (run.epoch, run.step) == (2, 3):
                progress = run.progress()
                cf.save_checkpoint(tmp_path / "run", run.model, run.optimizer, progress=progress)
                run.stop("enough")

    through = population()
    expected = train(*through, watchers=[Rung(2, KEPT)])
    train(*population(), watchers=[Rung(2, KEPT), Halt()])
    found = cf.load_checkpoint(tmp_path / "run")
    assert found.optimizer is not None
    history = train(found.model, found.optimizer, resume=found.progress)
    for name, value in through[0].state().items():
        assert torch.equal(found.model.state()[name], value), name
    for name, figure in vars(expected).items():
        if figure is not None:
            assert torch.equal(vars(history)[name].nan_to_num(7), figure.nan_to_num(7)), name


def test_a_resumed_model_must_be_of_those_that_were_left() -> None:
    class Keep:
        @cf.hookimpl
        def coreframe_run_end(self, run: cf.Run) -> None:
            found.append(run.progress())

    found: list[cf.Progress] = []
    train(*population(), epochs=3, watchers=[Rung(2, KEPT), Keep()])
    with pytest.raises(
        cf.StateError, match=r"had 2 replicas left, and the model has replicas \(4,"
    ):
        train(*population(), resume=found[0])


@pytest.mark.parametrize("kept", [1, [1, 1], [4], []])
def test_only_different_replicas_of_the_run_can_be_kept(kept: Any) -> None:
    model, optimizer = population()
    with pytest.raises(cf.ArgumentError, match="replica"):
        train(model, optimizer, watchers=[Rung(1, kept)])
    assert model.replicas == (4,)


def test_nobody_selects_within_an_epoch() -> None:
    class Early:
        @cf.hookimpl
        def coreframe_run_step(self, run: cf.Run) -> None:
            run.select([0])

    with pytest.raises(cf.ArgumentError, match="between two epochs"):
        train(*population(), watchers=[Early()])
