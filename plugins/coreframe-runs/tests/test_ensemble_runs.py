"""Runs of several replicas: an ensemble in one folder, each member as its lone run."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import fmean, stdev

import pytest
import torch

import coreframe as cf
from coreframe_runs import RunFileError, read_plan, train_run
from coreframe_runs.training import resume_run

Coreframe = Callable[..., subprocess.CompletedProcess[str]]

REPLICAS = ["run.replicas=3", "run.seed=4"]


def load(folder: Path, name: str = "best") -> cf.Module:
    return cf.load_checkpoint(folder / "checkpoints" / f"{name}.safetensors").model


@pytest.mark.parametrize("name", ["best", "last"])
def test_each_member_is_its_lone_run(run_file: Path, tmp_path: Path, name: str) -> None:
    changes = ["run.patience=2", "run.epochs=30", "optimizer.lr=1.0", "run.dtype=float64"]
    train_run(read_plan(run_file, [*REPLICAS, *changes]), tmp_path / "all", quiet=True)
    found = load(tmp_path / "all", name)
    assert found.random.seeds == (4, 5, 6)
    epochs = []
    for replica in range(3):
        folder = tmp_path / f"lone-{replica}"
        train_run(read_plan(run_file, [f"run.seed={4 + replica}", *changes]), folder, quiet=True)
        for path, value in load(folder, name).state().items():
            torch.testing.assert_close(found.state()[path][replica], value)
        epochs.append(len((folder / "metrics.jsonl").read_text().splitlines()))
    assert len(set(epochs)) > 1, "they end at epochs of their own"
    assert len((tmp_path / "all/metrics.jsonl").read_text().splitlines()) == max(epochs)


@pytest.mark.long
def test_an_ensemble_is_evaluated_as_one_and_each(
    coreframe: Coreframe, run_file: Path, tmp_path: Path
) -> None:
    sets = [part for change in REPLICAS for part in ("--set", change)]
    trained = coreframe("train", run_file, *sets, "--out", "run")
    assert trained.returncode == 0, trained.stderr
    done = coreframe("evaluate", "run", "--split", "test", "--json")
    row = json.loads(done.stdout)["splits"]["test"]
    model, data = load(tmp_path / "run"), cf.create("dataset", "Moons(samples=200)")
    figures = cf.Ensemble(model, cf.create("loss", "CrossEntropy")).evaluate(data.test)
    assert row["loss"] == pytest.approx(float(figures.loss))
    assert row["accuracy"] == pytest.approx(float(figures.accuracy))
    assert row["vote_accuracy"] == pytest.approx(float(figures.vote_accuracy))
    assert row["members"]["loss"] == pytest.approx(figures.members.loss.tolist())
    first, second = coreframe("evaluate", "run", "--split", "test").stdout.splitlines()
    assert first == f"test        loss {row['loss']:.6g}  accuracy {row['accuracy']:.4f}"
    loss, accuracy = row["members"]["loss"], row["members"]["accuracy"]
    assert second == (
        f"            each of 3: loss {fmean(loss):.6g} ± {stdev(loss):.2g}  "
        f"accuracy {fmean(accuracy):.4f} ± {stdev(accuracy):.2g}"
    )
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    metrics = [json.loads(line) for line in lines]
    assert len(metrics) == 6
    last = cf.evaluate(
        load(tmp_path / "run", "last"), data.part("validation"), cf.create("loss", "CrossEntropy")
    )
    assert metrics[-1]["validation_loss"] == pytest.approx(float(last.loss.mean()))


def test_an_interrupted_ensemble_goes_on_bit_for_bit(run_file: Path, tmp_path: Path) -> None:
    class Cutter:
        left = 20

        @cf.hookimpl(trylast=True)
        def coreframe_run_step(self) -> None:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    plan = read_plan(run_file, REPLICAS)
    train_run(plan, tmp_path / "whole", quiet=True)
    cutter = Cutter()
    cf.get_registry().register(cutter)
    try:
        with pytest.raises(KeyboardInterrupt):
            train_run(plan, tmp_path / "cut", quiet=True)
    finally:
        cf.get_registry().unregister(cutter)
    text = (tmp_path / "cut" / "run.toml").read_text()
    (tmp_path / "cut" / "run.toml").write_text(text.replace("replicas = 3", "replicas = 2"))
    with pytest.raises(RunFileError, match=r"run\.replicas: here is 2, and the checkpoint is of 3"):
        resume_run(tmp_path / "cut", quiet=True)
    (tmp_path / "cut" / "run.toml").write_text(text)
    assert resume_run(tmp_path / "cut", quiet=True) == ""
    for name in ("best", "last"):
        whole = load(tmp_path / "whole", name).state()
        for path, value in load(tmp_path / "cut", name).state().items():
            assert torch.equal(value, whole[path]), path


@pytest.mark.long
def test_an_ensemble_predicts_with_its_spread(coreframe: Coreframe, tmp_path: Path) -> None:
    rows = [
        f"{i % 7 - 3 + 8 * (i % 2)},{i % 5 * 0.25},{('rose', 'tulip')[i % 2]}" for i in range(60)
    ]
    (tmp_path / "flowers.csv").write_text("\n".join(["size,width,kind", *rows]) + "\n")
    (tmp_path / "flowers.toml").write_text(
        """\
[data]
name = "Table"
path = "flowers.csv"
target = "kind"

[model]
layers = ["Standardize(2)", "Linear(2, 4)", "Tanh", "Linear(4, 2)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "SGD"
lr = 0.05

[run]
epochs = 3
replicas = 4
"""
    )
    trained = coreframe("train", "flowers.toml", "--quiet")
    assert trained.returncode == 0, trained.stderr
    (tmp_path / "more.csv").write_text("width,size\n0.5,-2\n0.5,9\n")
    done = coreframe("predict", "runs/flowers", "more.csv")
    assert done.returncode == 0, done.stderr
    heading, *lines = done.stdout.splitlines()
    assert heading == "prediction,probability of rose,probability of tulip,spread"
    model = load(tmp_path / "runs" / "flowers")
    x = torch.tensor([[-2.0, 0.5], [9.0, 0.5]])
    found = cf.Ensemble(model, cf.create("loss", "CrossEntropy")).predict(x)
    for row, line in enumerate(lines):
        label, *numbers = line.split(",")
        place = int(found.predicted[row])
        assert label == ("rose", "tulip")[place]
        wanted = [*found.mean[row].tolist(), float(found.spread[row, place])]
        assert list(map(float, numbers)) == pytest.approx(wanted)
    folds = coreframe("cross-validate", "flowers.toml")
    assert folds.returncode == 1
    assert "run.replicas: each fold is one model" in folds.stderr


def test_a_count_of_replicas_is_an_integer_from_1(run_file: Path) -> None:
    with pytest.raises(RunFileError, match=r"run\.replicas: must be an integer from 1, got 0"):
        read_plan(run_file, ["run.replicas=0"])
