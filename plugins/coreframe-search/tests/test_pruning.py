"""Trials that a pruner, or their own numbers, end leave the population; the others go on."""

from collections import Counter
from pathlib import Path

import pytest

import coreframe as cf
from coreframe_runs import read_plan, train_run
from coreframe_search import SweepResults, TrialResult, read_sweep, sweep

RATES = "optimizer.lr={low=0.0001, high=0.5, log=true, count=9}"


def lone_value(results: SweepResults, trial: TrialResult, folder: Path) -> float:
    """The objective after as many epochs as the trial was trained, but of the whole schedule."""
    path = folder / f"lone{trial.trial}.toml"
    path.write_text(results.plan.plan(trial.settings).toml)
    out = folder / f"lone{trial.trial}"
    train_run(read_plan(path), out, quiet=True)
    lines = (out / "metrics.csv").read_text().splitlines()
    column = lines[0].split(",").index(results.plan.objective)
    return float(lines[trial.epochs].split(",")[column])


def test_halving_lets_the_best_third_go_on_thrice_as_long(
    sweep_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    select = cf.Run.select

    def noting(run: cf.Run, replicas: list[int]) -> None:
        select(run, replicas)
        sizes.append(len(run.alive))

    monkeypatch.setattr(cf.Run, "select", noting)
    changes = ["run.epochs=9", "sweep.pruner=halving", "sweep.rung=1"]
    plan = read_sweep(sweep_file, changes, [RATES])
    results = sweep(plan, tmp_path / "sweep", quiet=True)
    assert Counter(trial.epochs for trial in results.trials) == {1: 6, 3: 2, 9: 1}
    assert (results.count("pruned"), results.count("complete")) == (8, 1)
    assert sizes == [3, 1]  # models that leave cost no more time
    for trial in results.trials:
        assert trial.value == pytest.approx(lone_value(results, trial, tmp_path), abs=1e-4)
    # Nobody that was dropped was better there than one that went on.
    first = {t.trial: lone_figure(results, t, tmp_path, 1) for t in results.trials}
    going = [first[t.trial] for t in results.trials if t.epochs > 1]
    assert max(going) <= min(first[t.trial] for t in results.trials if t.epochs == 1) + 1e-4


def lone_figure(results: SweepResults, trial: TrialResult, folder: Path, epoch: int) -> float:
    lines = (folder / f"lone{trial.trial}" / "metrics.csv").read_text().splitlines()
    return float(lines[epoch].split(",")[lines[0].split(",").index(results.plan.objective)])


def test_folds_are_dropped_together(sweep_file: Path, tmp_path: Path) -> None:
    changes = ["run.epochs=9", "sweep.pruner=halving", "sweep.rung=1", "sweep.folds=2"]
    plan = read_sweep(sweep_file, changes, [RATES])
    results = sweep(plan, tmp_path / "sweep", quiet=True)
    assert Counter(trial.epochs for trial in results.trials) == {1: 6, 3: 2, 9: 1}
    whole = sweep(
        read_sweep(sweep_file, ["run.epochs=9", "sweep.folds=2"], [RATES]),
        tmp_path / "whole",
        quiet=True,
    )
    (one,) = [trial for trial in results.trials if trial.state == "complete"]
    assert one.value == pytest.approx(whole.trials[one.trial].value, abs=1e-4)


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_other_pruners_drop_the_worse_ones(sweep_file: Path, tmp_path: Path, pruner: str) -> None:
    # A median is that of trials that are complete: so the first ones must be at their end.
    changes = ["run.epochs=9", f"sweep.pruner={pruner}", "sweep.rung=1", "sweep.at_once=6"]
    plan = read_sweep(sweep_file, changes, [RATES, "run.seed=[0, 1]"])
    results = sweep(plan, tmp_path / "sweep", quiet=True)
    assert len(results.trials) == 18
    assert 0 < results.count("pruned") < 18
    assert results.count("pruned") + results.count("complete") == 18
    assert results.best is not None
    assert results.best.settings["optimizer.lr"] > 0.01
    pruned = [trial for trial in results.trials if trial.state == "pruned"]
    assert all(0 < trial.epochs < 9 for trial in pruned)


def test_a_trial_that_diverges_ends_and_harms_no_other(sweep_file: Path, tmp_path: Path) -> None:
    layers = 'model.layers=["Linear(2, 6)", "Linear(6, 6)", "Linear(6, 2)"]'
    changes = [layers, "run.epochs=6", "sweep.folds=2"]
    spaces = ["optimizer.lr=[0.01, 1e15, 0.1]"]
    results = sweep(read_sweep(sweep_file, changes, spaces), tmp_path / "one", quiet=True)
    assert [trial.state for trial in results.trials] == ["complete", "diverged", "complete"]
    lost = results.trials[1]
    assert lost.value is None
    assert lost.epochs < 6
    assert lost.note == f"a loss was not finite any more in epoch {lost.epochs}"
    spaces = ["optimizer.lr=[0.01, 0.1]"]
    others = sweep(read_sweep(sweep_file, changes, spaces), tmp_path / "two", quiet=True)
    found = [results.trials[0].value, results.trials[2].value]
    assert found == pytest.approx([trial.value for trial in others.trials], abs=1e-4)


def test_if_all_diverge_each_is_told(sweep_file: Path, tmp_path: Path) -> None:
    layers = 'model.layers=["Linear(2, 6)", "Linear(6, 6)", "Linear(6, 2)"]'
    plan = read_sweep(sweep_file, [layers], ["optimizer.lr=[1e15, 1e16]"])
    results = sweep(plan, tmp_path / "one", quiet=True)
    assert [trial.state for trial in results.trials] == ["diverged", "diverged"]
    assert results.best is None


def test_a_trial_that_cannot_be_made_fails_and_the_others_go_on(
    sweep_file: Path, tmp_path: Path
) -> None:
    # Each value is right by itself: which go together is seen trial by trial.
    spaces = ['model.layers[0]=["Linear(2, 6)", "Linear(2, 7)"]', "model.layers[3].in_size=[6, 7]"]
    results = sweep(read_sweep(sweep_file, [], spaces), tmp_path / "sweep", quiet=True)
    assert (results.count("complete"), results.count("failed")) == (6, 6)
    for trial in results.trials:
        fits = trial.settings["model.layers[0]"].endswith(
            f"{trial.settings['model.layers[3].in_size']})"
        )
        assert trial.state == ("complete" if fits else "failed")
        assert fits or "features" in trial.note
    # With one place for models alone, a value that fits nothing is a mistake.
    with pytest.raises(cf.CoreframeError, match=r"the value 'Linear\(2, 7\)': .*features"):
        sweep(read_sweep(sweep_file, [], spaces[:1]), tmp_path / "other", quiet=True)
    assert not (tmp_path / "other").exists()
