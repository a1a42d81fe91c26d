"""The run files among the examples train, and reach what their page says."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean

import pytest

import coreframe as cf

runs = pytest.importorskip("coreframe_runs")
pytest.importorskip("coreframe_datasets")

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.toml"))

BOUNDS = {"breast_cancer": 0.96, "digits": 0.975, "digits_sweep": 0.965}


def accuracy(name: str, folder: Path, *changes: str) -> float:
    """The test accuracy of the best epoch."""
    runs.train_run(runs.read_plan(EXAMPLES / f"{name}.toml", changes), folder, quiet=True)
    parts = runs.build_parts(runs.read_plan(folder / "run.toml"))
    best = cf.load_checkpoint(folder / "checkpoints" / "best.safetensors").model
    return float(cf.compute_accuracy(best, parts.data.test, parts.loss))


@pytest.mark.parametrize("name", NAMES)
def test_three_epochs_learn_something(name: str, tmp_path: Path) -> None:
    assert accuracy(name, tmp_path / "run", "run.epochs=3") > 0.8
    rows = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(row)["epoch"] for row in rows] == [1, 2, 3]


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_the_mean_accuracy_of_five_splits_is_reached(name: str, tmp_path: Path) -> None:
    found = [
        accuracy(name, tmp_path / str(seed), f"data.seed={seed}", f"run.seed={seed}")
        for seed in range(5)
    ]
    assert mean(found) >= BOUNDS[name], found
