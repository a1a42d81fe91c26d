"""init, train, evaluate: what people see."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Coreframe = Callable[..., subprocess.CompletedProcess[str]]


def test_a_run_from_beginning_to_end(
    coreframe: "Coreframe", run_file: Path, tmp_path: Path
) -> None:
    trained = coreframe("train", run_file)
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout.startswith(f"{Path('runs') / 'moons'}: 6 epochs\n")
    assert "epoch 6, loss " in trained.stderr
    again = coreframe("train", run_file, "--quiet", "--set", "run.epochs=1")
    assert again.stdout.startswith(f"{Path('runs') / 'moons-2'}: 1 epochs")
    assert again.stderr == ""
    evaluated = json.loads(coreframe("evaluate", "runs/moons", "--json").stdout)
    assert evaluated["schema"] == 1
    assert list(evaluated["splits"]) == ["train", "validation", "test"]
    text = coreframe("evaluate", "runs/moons", "--split", "test").stdout
    accuracy = evaluated["splits"]["test"]["accuracy"]
    assert text.endswith(f"accuracy {accuracy:.4f}\n")
    lines = (tmp_path / "runs/moons/metrics.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    found = json.loads(coreframe("evaluate", "runs/moons", "--last", "--json").stdout)
    assert found["splits"]["validation"]["loss"] == pytest.approx(last["validation_loss"], rel=1e-6)


def test_what_init_writes_trains(coreframe: "Coreframe", tmp_path: Path) -> None:
    written = coreframe("init")
    assert written.returncode == 0
    assert written.stdout == "run.toml is written; coreframe train run.toml runs it\n"
    done = coreframe("train", "run.toml", "--set", "run.epochs=2", "--quiet")
    assert done.returncode == 0, done.stderr
    again = coreframe("init")
    assert again.returncode == 1
    assert again.stderr == "Error: run.toml exists, and nothing is overwritten\n"
    assert "coreframe train run.toml" in (tmp_path / "run.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["train"], 2, "give a run file, or --resume"),
        (["train", "moons.toml", "--resume", "x"], 2, "give a run file, or --resume"),
        (["train", "--resume", "x", "--set", "a.b=1"], 2, "are for a new run"),
        (["train", "--resume", "x"], 1, "x is no folder of a run: it has no run.toml"),
        (["evaluate", "x"], 1, "x is no folder of a run: it has no run.toml"),
        (["predict", "x", "y.csv"], 1, "x is no folder of a run: it has no run.toml"),
        (["train", "gone.toml"], 1, "gone.toml has a mistake: file: cannot be read"),
        (["train", "moons.toml", "--out", "."], 1, "exists, and nothing is overwritten"),
        (["init", "no/such/folder.toml"], 1, "cannot be written"),
    ],
)
def test_misuse_is_told_in_a_sentence(
    coreframe: "Coreframe", run_file: Path, arguments: list[str], code: int, says: str
) -> None:
    done = coreframe(*arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_data_that_came_from_no_file_predict_nothing(
    coreframe: "Coreframe", run_file: Path
) -> None:
    coreframe("train", run_file, "--quiet", "--set", "run.epochs=1")
    done = coreframe("predict", "runs/moons", "more.csv")
    assert done.returncode == 1
    assert "the data of runs/moons came from no file" in done.stderr
    assert coreframe("evaluate", "runs/moons", "--split", "tset").returncode == 1


TABLE = """\
[data]
name = "Table"
path = "flowers.csv"
target = "kind"
standardize = true
validation = 0.0

[model]
layers = ["Linear(2, 8)", "Tanh", "Linear(8, {outputs})"]

[loss]
name = "{loss}"

[optimizer]
name = "SGD"
lr = 0.1
momentum = 0.9

[run]
epochs = 30
"""


def write_flowers(path: Path, kinds: list[str]) -> None:
    rows = [f"{i % 7 - 3 + 8 * (i % 2)},{i % 5 * 0.25},{kinds[i % 2]}" for i in range(60)]
    path.write_text("\n".join(["size,width,kind", *rows]) + "\n")


def test_a_table_trains_and_predicts_further_rows(coreframe: "Coreframe", tmp_path: Path) -> None:
    write_flowers(tmp_path / "flowers.csv", ["rose", "tulip"])
    (tmp_path / "flowers.toml").write_text(TABLE.format(outputs=2, loss="CrossEntropy"))
    trained = coreframe("train", "flowers.toml", "--quiet")
    assert trained.returncode == 0, trained.stderr
    (tmp_path / "flowers.csv").unlink()  # the model is of use without it
    (tmp_path / "more.csv").write_text("width,size\n0.5,-2\n0.5,9\n")
    done = coreframe("predict", "runs/flowers", "more.csv")
    assert done.returncode == 0, done.stderr
    heading, *rows = done.stdout.splitlines()
    assert heading == "prediction,probability of rose,probability of tulip"
    assert [row.split(",")[0] for row in rows] == ["rose", "tulip"]
    for row in rows:
        assert sum(map(float, row.split(",")[1:])) == pytest.approx(1)
    into = coreframe("predict", "runs/flowers", "more.csv", "--out", "found.csv")
    assert (into.returncode, into.stdout) == (0, "")
    assert (tmp_path / "found.csv").read_text() == done.stdout
    again = coreframe("predict", "runs/flowers", "more.csv", "--out", "found.csv")
    assert again.returncode == 1
    assert "nothing is overwritten" in again.stderr
    (tmp_path / "more.csv").write_text("width\n0.5\n")
    missing = coreframe("predict", "runs/flowers", "more.csv")
    assert missing.returncode == 1
    assert "size" in missing.stderr
    assert "Traceback" not in missing.stderr


def test_a_regression_predicts_values(coreframe: "Coreframe", tmp_path: Path) -> None:
    write_flowers(tmp_path / "flowers.csv", ["0.5", "2.25"])
    (tmp_path / "flowers.toml").write_text(TABLE.format(outputs=1, loss="MSE"))
    trained = coreframe("train", "flowers.toml", "--quiet")
    assert trained.returncode == 0, trained.stderr
    (tmp_path / "more.csv").write_text("size,width\n-2,0.5\n9,0.5\n")
    heading, low, high = coreframe("predict", "runs/flowers", "more.csv").stdout.splitlines()
    assert heading == "prediction"
    assert float(low) == pytest.approx(0.5, abs=0.4)
    assert float(high) == pytest.approx(2.25, abs=0.4)
