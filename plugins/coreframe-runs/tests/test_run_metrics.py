"""read_metrics: the figures of a run, also of one that is being trained or that is damaged."""

import csv
from math import isnan
from pathlib import Path

import pytest

import coreframe as cf
from coreframe_runs import RunMetrics, read_metrics, read_plan, train_run
from coreframe_runs.run_folder import RunFolder

HEADER = "epoch,loss,validation_loss,validation_accuracy\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a run that has not ended its first epoch."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.toml").touch()
    return tmp_path / "run"


def test_figures_are_those_of_the_file_and_the_best_epoch_that_of_the_checkpoint(
    run_file: Path, tmp_path: Path
) -> None:
    plan = read_plan(run_file, ["optimizer.lr=2.0", "run.seed=1", "run.epochs=20"])
    train_run(plan, tmp_path / "run", quiet=True)
    metrics = read_metrics(tmp_path / "run")
    assert metrics.epochs == list(range(1, 21))
    with (tmp_path / "run" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(metrics.figures) == ["loss", "validation_loss", "validation_accuracy"]
    for name, figure in metrics.figures.items():
        assert figure == [float(row[name]) for row in rows]
    best = metrics.best()
    assert best is not None
    assert best < 19
    model = cf.load_checkpoint(RunFolder(tmp_path / "run").best).model
    data = cf.create("dataset", "Moons(samples=200)")
    found = cf.evaluate(model, data.part("validation"), cf.create("loss", "CrossEntropy"))
    assert float(found.loss) == pytest.approx(metrics.figures["validation_loss"][best], rel=1e-5)


def test_what_is_not_finite_is_nan_and_never_best() -> None:
    nan = float("nan")
    metrics = RunMetrics(
        [1, 2, 3, 4], {"loss": [nan, 3.0, 2.0, 2.0], "validation_accuracy": [0.5, 0.9, nan, 0.9]}
    )
    assert metrics.best() == 2
    assert metrics.best("validation_accuracy") == 1
    assert RunMetrics([1], {"loss": [nan]}).best() is None
    assert RunMetrics([], {}).best() is None


def test_an_empty_cell_is_nan_and_a_row_that_is_being_written_waits(folder: Path) -> None:
    assert read_metrics(folder) == RunMetrics([], {})
    (folder / "metrics.csv").write_text(HEADER + "1,,0.5,0.25\n2,0.125,0.5,0.7")
    metrics = read_metrics(folder)
    assert metrics.epochs == [1]
    assert isnan(metrics.figures["loss"][0])
    assert metrics.figures["validation_accuracy"] == [0.25]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEADER + "1,2,3,4\n2,3,4\n", r"metrics\.csv: line 3 is not one number for each of epoch"),
        (HEADER + "1,2,3,4,5\n", "line 2 is not"),
        (HEADER + "1,2,three,4\n", "line 2 is not"),
        ("loss\n1\n", "has no column of epochs"),
        (HEADER + ",2,3,4\n", "has no column of epochs"),
        ("a" * 200_000 + "\n", r"metrics\.csv cannot be read"),
    ],
)
def test_damage_is_named_with_its_line(folder: Path, text: str, says: str) -> None:
    (folder / "metrics.csv").write_text(text)
    with pytest.raises(cf.ArgumentError, match=says):
        read_metrics(folder)


def test_another_folder_is_none_of_a_run(tmp_path: Path) -> None:
    with pytest.raises(cf.ArgumentError, match=r"is no folder of a run: it has no run\.toml"):
        read_metrics(tmp_path)
    (tmp_path / "run.toml").touch()
    (tmp_path / "metrics.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(cf.ArgumentError, match="cannot be read"):
        read_metrics(tmp_path)
