"""What a sweep says of a trial is what a run of its settings alone gives."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet  # type: ignore[import-untyped]

import coreframe as cf
from coreframe_runs import (
    build_parts,
    cross_validate,
    fit_first_layer,
    read_plan,
    train_run,
)
from coreframe_search import SweepResults, read_sweep, sweep
from coreframe_search.sweep_plan import SweepPlan

NEAR = 1e-4


def lone_figures(plan: SweepPlan, settings: dict[str, Any], folder: Path) -> list[dict[str, float]]:
    """The figures of each epoch, as `coreframe train` writes them."""
    folder.with_suffix(".toml").write_text(plan.plan(settings).toml)
    train_run(read_plan(folder.with_suffix(".toml")), folder, quiet=True)
    with (folder / "metrics.csv").open() as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def expect_agreement(results: SweepResults, folder: Path, objective: str) -> None:
    for trial in results.trials:
        rows = lone_figures(results.plan, trial.settings, folder / str(trial.trial))
        assert trial.value == pytest.approx(rows[trial.epochs - 1][objective], abs=NEAR), trial


def test_every_kind_of_setting_agrees_with_the_lone_run(sweep_file: Path, tmp_path: Path) -> None:
    spaces = [
        "optimizer.lr={low=0.01, high=0.5, log=true}",
        "optimizer.momentum={low=0.0, high=0.9, step=0.3}",
        "optimizer.weight_decay={low=0.0, high=0.1}",
        "model.layers[*].gain={low=0.5, high=2.0}",
        "model.layers[2].p=[0.0, 0.5]",
        "schedule.warm_up=[0.0, 0.25]",
        "run.seed={low=0, high=1000}",
        "run.batch_size=[16, 50]",
        "run.epochs=[2, 3]",
    ]
    changes = ["sweep.sampler=random", "sweep.trials=10", "sweep.seed=3"]
    results = sweep(read_sweep(sweep_file, changes, spaces), tmp_path / "sweep", quiet=True)
    assert [trial.trial for trial in results.trials] == list(range(10))
    assert {trial.state for trial in results.trials} == {"complete"}
    blocks = {(t.settings["run.batch_size"], t.settings["run.epochs"]) for t in results.trials}
    assert len({trial.block for trial in results.trials}) == len(blocks) > 1
    assert {trial.epochs for trial in results.trials} == {2, 3}
    expect_agreement(results, tmp_path, "validation_loss")


def test_models_of_other_shapes_and_kinds_are_trained_apart(
    sweep_file: Path, tmp_path: Path
) -> None:
    spaces = [
        'model.layers=[["Linear(2, 4)", "ReLU", "Linear(4, 2)"], ["Linear(2, 2)"]]',
        'optimizer=[{name="AdamW", lr=0.05}, {name="SGD", lr=0.1}]',
        "data.noise=[0.05, 0.2]",
    ]
    plan = read_sweep(sweep_file, ["sweep.space.optimizer.lr=[0.02, 0.3]"], spaces)
    results = sweep(plan, tmp_path / "sweep", quiet=True)
    assert len(results.trials) == 16
    assert len({trial.block for trial in results.trials}) == 8
    expect_agreement(results, tmp_path, "validation_loss")
    best = results.best
    assert best is not None
    assert best.value == min(t.value for t in results.trials if t.value is not None)
    again = lone_figures(plan, best.settings, tmp_path / "best")
    written = read_plan(tmp_path / "sweep" / "best.toml")
    assert written.components == read_plan(tmp_path / "best.toml").components
    assert again[-1]["validation_loss"] == pytest.approx(best.value, abs=NEAR)


def test_the_best_epoch_may_count_and_patience_ends_each_model_for_itself(
    sweep_file: Path, tmp_path: Path
) -> None:
    changes = ["run.epochs=25", "run.patience=2", "sweep.objective=validation_accuracy"]
    spaces = ["optimizer.lr=[0.001, 0.1, 0.5]", "run.seed=[0, 1]"]
    for epoch in ("last", "best"):
        plan = read_sweep(sweep_file, [*changes, f"sweep.epoch={epoch}"], spaces)
        results = sweep(plan, tmp_path / epoch, quiet=True)
        assert len({trial.epochs for trial in results.trials}) > 1
        for trial in results.trials:
            folder = tmp_path / f"{epoch}{trial.trial}"
            values = [
                row["validation_accuracy"] for row in lone_figures(plan, trial.settings, folder)
            ]
            assert trial.epochs == len(values)
            expected = values[-1] if epoch == "last" else max(values)
            assert trial.value == pytest.approx(expected, abs=NEAR)


def test_folds_are_replicas_and_their_mean_counts(sweep_file: Path, tmp_path: Path) -> None:
    layers = 'model.layers=["Standardize(2)", "Linear(2, 6)", "Tanh", "Linear(6, 2)"]'
    plan = read_sweep(sweep_file, ["sweep.folds=4", "sweep.seed=5", layers], ["run.seed=[4, 5]"])
    results = sweep(plan, tmp_path / "sweep", quiet=True)
    assert len(results.trials) == 6
    for trial in results.trials:
        run = plan.plan(trial.settings)
        values = []
        for fold in range(4):
            # A selection changes folds in place.
            data = cf.Folds(cf.create("dataset", "Moons(samples=150)"), 4, seed=5).select(fold)
            model = cf.assemble(run.layers, seed=run.settings.seed + fold)
            fit_first_layer(model, data)
            rate = trial.settings["optimizer.lr"]
            history = cf.train_model(
                model,
                data,
                cf.create("loss", "CrossEntropy"),
                cf.create("optimizer", "SGD(momentum=0.9)", model, lr=rate),
                epochs=3,
                batch_size=16,
                schedule=cf.create("schedule", "Cosine"),
                log=["validation"],
            )
            assert history.validation_loss is not None
            values.append(float(history.validation_loss[-1]))
        assert trial.value == pytest.approx(sum(values) / 4, abs=NEAR)
    # With the sweep's seed it is what cross-validation of the run says.
    trial = results.trials[1]
    assert trial.settings == {"optimizer.lr": 0.02, "run.seed": 5}
    parts = build_parts(plan.plan(trial.settings))
    found = cross_validate(
        *(parts.model, parts.data, parts.loss, parts.optimizer),
        folds=4,
        epochs=3,
        batch_size=16,
        schedule=parts.schedule,
    )
    assert trial.value == pytest.approx(found.loss.mean, abs=NEAR)


def test_the_replicas_of_a_run_are_models_of_one_trial(sweep_file: Path, tmp_path: Path) -> None:
    plan = read_sweep(sweep_file, ["run.replicas=3", "run.seed=4"])
    results = sweep(plan, tmp_path / "three", quiet=True)
    lone = sweep(read_sweep(sweep_file, [], ["run.seed=[4, 5, 6]"]), tmp_path / "one", quiet=True)
    for trial in results.trials:
        values = [
            other.value
            for other in lone.trials
            if other.settings["optimizer.lr"] == trial.settings["optimizer.lr"]
        ]
        assert len(values) == 3
        assert trial.value == pytest.approx(sum(v or 0.0 for v in values) / 3, abs=NEAR)


def test_tables_say_the_same_in_each_form(sweep_file: Path, tmp_path: Path) -> None:
    spaces = ["run.batch_size=[16, 32]", 'model.layers[1]=["Tanh", "ReLU"]']
    results = sweep(read_sweep(sweep_file, [], spaces), tmp_path / "sweep", quiet=True)
    folder = tmp_path / "sweep"
    document = json.loads((folder / "trials.json").read_text())
    assert (document["schema"], document["direction"]) == (1, "minimize")
    assert results.best is not None
    assert document["best"] == results.best.trial
    assert document["trials"] == [trial.row for trial in results.trials]
    with (folder / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["value"]) for row in rows] == [trial.value for trial in results.trials]
    assert rows[0].keys() == document["trials"][0].keys()
    assert parquet.read_table(folder / "trials.parquet").to_pylist() == document["trials"]
    blocks = json.loads((folder / "blocks.json").read_text())
    assert sorted(t for block in blocks for t in block["trials"]) == list(range(12))
    for name in ("history", "settings", "parallel"):
        assert (folder / "plots" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_populations_are_no_larger_than_the_file_says_or_than_is_fast(
    sweep_file: Path, tmp_path: Path
) -> None:
    rates = ["optimizer.lr=[0.01, 0.02, 0.05, 0.1, 0.2]"]
    plan = read_sweep(sweep_file, ["sweep.block=2"], rates)
    results = sweep(plan, tmp_path / "two", quiet=True)
    blocks = [trial.block for trial in results.trials]
    assert sorted(map(blocks.count, set(blocks))) == [1, 2, 2]
    plan = read_sweep(sweep_file, ["sweep.block=5", "sweep.folds=2"], rates)
    folded = sweep(plan, tmp_path / "folded", quiet=True)
    assert len({trial.block for trial in folded.trials}) == 3
    # A model of 32 numbers and a batch take some kilobytes; one is trained in any case.
    for memory, count in ((1.0, 1), (0.0001, 5)):
        plan = read_sweep(sweep_file, [f"sweep.memory_mib={memory}"], rates)
        fitting = sweep(plan, tmp_path / str(memory), quiet=True)
        assert len({trial.block for trial in fitting.trials}) == count
    # Over a thousand steps: measured, whatever comes of it on this machine.
    plan = read_sweep(sweep_file, ["run.epochs=7", "run.batch_size=1"], rates)
    measured = sweep(plan, tmp_path / "measured", quiet=True)
    document = json.loads((tmp_path / "measured" / "blocks.json").read_text())
    assert sorted(trial for block in document for trial in block["trials"]) == [0, 1, 2, 3, 4]
    expect_agreement(measured, tmp_path, "validation_loss")
