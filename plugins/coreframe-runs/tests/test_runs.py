"""Runs: what they leave behind, and that an interrupted one goes on bit for bit."""

import csv
import json
import random
import signal
import subprocess
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

import coreframe as cf
from coreframe_runs import RunFileError, read_plan, train_run
from coreframe_runs.run_folder import RunFolder, free_folder
from coreframe_runs.training import resume_run

if TYPE_CHECKING:
    from collections.abc import Callable

    Coreframe = Callable[..., subprocess.CompletedProcess[str]]


def values(folder: Path, name: str = "last") -> dict[str, torch.Tensor]:
    found = cf.load_checkpoint(folder / "checkpoints" / f"{name}.safetensors")
    assert found.model is not None
    state = found.model.state()
    if found.optimizer is not None:
        state |= {f"optimizer {key}": value for key, value in found.optimizer.state().items()}
    return state


def expect_same(one: Path, other: Path) -> None:
    for name in ("last", "best"):
        found = values(other, name)
        for key, value in values(one, name).items():
            assert torch.equal(value, found[key]), (name, key)
    for file in ("metrics.csv", "metrics.jsonl", "run.toml"):
        assert (one / file).read_text() == (other / file).read_text(), file


@pytest.fixture
def whole(run_file: Path, tmp_path: Path) -> Path:
    """The folder of the run, trained without an interruption."""
    assert train_run(read_plan(run_file), tmp_path / "whole", quiet=True) == ""
    return tmp_path / "whole"


def test_a_run_leaves_its_files(whole: Path) -> None:
    with (whole / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert list(rows[0]) == ["epoch", "loss", "validation_loss", "validation_accuracy"]
    lines = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert [{key: str(value) for key, value in line.items()} for line in lines] == rows
    versions = json.loads((whole / "versions.json").read_text())
    assert versions["plugins"]["coreframe-linear"]
    assert versions["torch"] == torch.__version__
    assert (whole / "log.txt").read_text().splitlines() == ["begins at epoch 1", "done"]
    assert not list(whole.parent.glob(".*tmp"))


@pytest.mark.parametrize("updates", [1, 5, 8, 9, 20, 47])
def test_a_run_that_was_cut_goes_on_bit_for_bit(
    run_file: Path, whole: Path, tmp_path: Path, updates: int
) -> None:
    class Cutter:
        left = updates

        @cf.hookimpl(trylast=True)
        def coreframe_run_step(self) -> None:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    # The run's own watchers save first; this one, as a plugin's, comes after them.
    cutter = Cutter()
    cf.get_registry().register(cutter)
    try:
        with pytest.raises(KeyboardInterrupt):
            train_run(read_plan(run_file), tmp_path / "cut", quiet=True)
    finally:
        cf.get_registry().unregister(cutter)
    assert resume_run(tmp_path / "cut", quiet=True) == ""
    expect_same(whole, tmp_path / "cut")


def test_a_run_without_a_checkpoint_begins_anew(
    run_file: Path, whole: Path, tmp_path: Path
) -> None:
    plan = read_plan(run_file)
    folder = RunFolder(tmp_path / "cut")
    folder.begin(plan.toml, {})
    resume_run(folder.path, quiet=True)
    expect_same(whole, folder.path)


def test_a_run_that_is_done_stays_as_it_is(whole: Path) -> None:
    before = (whole / "checkpoints" / "last.safetensors").read_bytes()
    assert resume_run(whole, quiet=True) == ""
    assert (whole / "checkpoints" / "last.safetensors").read_bytes() == before


@pytest.mark.parametrize("damage", ["cut short", "altered"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_used(whole: Path, damage: str) -> None:
    folder = RunFolder(whole)
    content = bytearray(folder.last.read_bytes())
    folder.last.unlink()  # it may be linked
    if damage == "altered":
        content[-1] ^= 1
    folder.last.write_bytes(content if damage == "altered" else content[:1000])
    with pytest.warns(cf.PluginWarning, match=r"last\.safetensors.* the one before it is used"):
        found = folder.load("cpu")
    assert found.progress is not None
    folder.previous.unlink()
    with pytest.raises(cf.CheckpointError, match=r"last\.safetensors"):
        folder.load("cpu")


def test_a_run_ends_early_and_keeps_its_best_epoch(run_file: Path, tmp_path: Path) -> None:
    changes = ["run.patience=3", "run.epochs=60", "optimizer.lr=2.0", "run.seed=1"]
    plan = read_plan(run_file, changes)
    reason = train_run(plan, tmp_path / "early", quiet=True)
    with (tmp_path / "early" / "metrics.csv").open() as file:
        losses = [float(row["validation_loss"]) for row in csv.DictReader(file)]
    assert len(losses) < 60
    assert reason == "validation_loss has not got better for 3 epochs"
    assert losses.index(min(losses)) == len(losses) - 4
    best = cf.load_checkpoint(tmp_path / "early" / "checkpoints" / "best.safetensors").model
    data = cf.create("dataset", "Moons(samples=200)")
    found = cf.evaluate(best, data.part("validation"), cf.create("loss", "CrossEntropy"))
    assert float(found.loss) == pytest.approx(min(losses), rel=1e-5)


def test_a_diverging_run_keeps_the_last_good_checkpoint(run_file: Path, tmp_path: Path) -> None:
    layers = 'model.layers=["Linear(2, 8)", "Linear(8, 8)", "Linear(8, 2)"]'
    plan = read_plan(run_file, ["optimizer.lr=1e15", layers])
    with pytest.raises(cf.DivergedRun, match="in epoch 1, step"):
        train_run(plan, tmp_path / "diverged", quiet=True)
    assert "ended by DivergedRun" in (tmp_path / "diverged" / "log.txt").read_text()
    state = RunFolder(tmp_path / "diverged").load("cpu").model.state()
    assert all(value.isfinite().all() for value in state.values())


def test_a_save_that_fails_leaves_the_checkpoint_that_was_used(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(whole)
    shown = folder.previous.read_bytes()
    folder.last.write_bytes(folder.last.read_bytes()[:1000])

    def fail(*arguments: Any, **more: Any) -> None:
        raise cf.CheckpointError("disk full")

    plan = folder.plan.read_text()
    folder.plan.write_text(plan.replace("epochs = 6", "epochs = 7"))
    with monkeypatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(cf, "save_checkpoint", fail)
        with pytest.raises(cf.CheckpointError, match="disk full"):
            resume_run(whole, quiet=True)
    assert folder.previous.read_bytes() == shown
    with pytest.warns(cf.PluginWarning, match="the one before it is used"):
        resume_run(whole, quiet=True)


def test_a_run_file_that_was_changed_is_not_resumed(run_file: Path, whole: Path) -> None:
    plan = whole / "run.toml"
    text = plan.read_text()
    plan.write_text(
        text.replace("Linear(2, 8)", "Linear(2, 9)").replace("Linear(8, 2)", "Linear(9, 2)")
    )
    with pytest.raises(RunFileError, match=r"model\.layers: here is .* and the checkpoint is of"):
        resume_run(whole, quiet=True)
    plan.write_text(text.replace("lr = 0.05", "lr = 7.0"))
    with pytest.raises(RunFileError, match=r"optimizer: here is SGD\(lr=7\.0"):
        resume_run(whole, quiet=True)
    plan.write_text(text.replace("epochs = 6", "epochs = 7"))
    resume_run(whole, quiet=True)
    assert len((whole / "metrics.jsonl").read_text().splitlines()) == 7


def test_a_run_that_ended_by_patience_stays_ended(run_file: Path, tmp_path: Path) -> None:
    changes = ["run.patience=2", "run.epochs=60", "optimizer.lr=2.0", "run.seed=1"]
    train_run(read_plan(run_file, changes), tmp_path / "early", quiet=True)
    before = (tmp_path / "early" / "metrics.csv").read_text()
    assert "not got better" in resume_run(tmp_path / "early", quiet=True)
    assert (tmp_path / "early" / "metrics.csv").read_text() == before


def test_the_metrics_of_a_run_that_is_done_are_written_anew(whole: Path) -> None:
    before = (whole / "metrics.csv").read_text()
    (whole / "metrics.csv").write_text("garbage")
    resume_run(whole, quiet=True)
    assert (whole / "metrics.csv").read_text() == before


def test_versions_name_every_plugin(whole: Path) -> None:
    versions = json.loads((whole / "versions.json").read_text())
    assert {"coreframe", "coreframe-runs", "coreframe-linear"} <= versions["plugins"].keys()


def test_a_folder_is_never_written_over(tmp_path: Path) -> None:
    for name in ("run", "run-2", "run-3"):
        assert free_folder(tmp_path, "run") == tmp_path / name
        (tmp_path / name).mkdir()


def start(command: list[str], *arguments: object, cwd: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*command, "train", "--quiet", *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


LONG = ["run.epochs=400", "data.samples=100"]


def test_ctrl_c_finishes_the_update_saves_and_says_how_to_go_on(
    command: list[str], run_file: Path, tmp_path: Path
) -> None:
    sets = [part for change in ["run.epochs=100000"] for part in ("--set", change)]
    process = start(command, run_file, "--out", "run", *sets, cwd=tmp_path)
    while not (tmp_path / "run" / "checkpoints" / "last.safetensors").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.decode() == "interrupted; go on with: coreframe train --resume run\n"
    assert "ended early: Ctrl-C" in (tmp_path / "run" / "log.txt").read_text()
    assert RunFolder(tmp_path / "run").load("cpu").progress is not None


@pytest.mark.long
def test_a_hundred_kills_at_random_moments_lose_nothing(
    command: list[str], run_file: Path, tmp_path: Path
) -> None:
    chance = random.Random(0)  # noqa: S311  # moments, not secrets
    plan = read_plan(run_file, LONG)
    train_run(plan, tmp_path / "whole", quiet=True)
    sets = [part for change in LONG for part in ("--set", change)]
    arguments: list[Any] = [run_file, "--out", "killed", *sets]
    kills = 0
    while kills < 100:
        process = start(command, *arguments, cwd=tmp_path)
        try:
            process.wait(1.0 + chance.random() * 1.5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
        else:
            error = process.communicate()[1].decode()
            assert process.returncode == 0, error
            if kills:
                expect_same(tmp_path / "whole", tmp_path / "killed")
            for path in sorted((tmp_path / "killed").rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            (tmp_path / "killed").rmdir()
        is_there = (tmp_path / "killed" / "run.toml").exists()
        arguments = ["--resume", "killed"] if is_there else [run_file, "--out", "killed", *sets]
    if not is_there:  # the last one was killed before it had begun
        train_run(plan, tmp_path / "killed", quiet=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no checkpoint may be damaged
        resume_run(tmp_path / "killed", quiet=True)
    expect_same(tmp_path / "whole", tmp_path / "killed")
