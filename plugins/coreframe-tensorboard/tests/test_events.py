"""Events: what TensorBoard reads is what metrics.csv says, whatever happens to the run."""

import csv
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

import coreframe as cf
from coreframe_tensorboard.event_file import EventFile

for plugin in ("activations", "datasets", "linear", "losses", "optimizers"):
    pytest.importorskip(f"coreframe_{plugin}")
runs = pytest.importorskip("coreframe_runs")
training = pytest.importorskip("coreframe_runs.training")

RUN = """\
[data]
name = "Moons"
samples = 100

[model]
layers = ["Linear(2, 4)", "Tanh", "Linear(4, 2)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "SGD"
lr = 0.05

[run]
epochs = 6
batch_size = 20
checkpoint_seconds = 0.0
"""

COREFRAME = [sys.executable, "-W", "error", str(Path(sysconfig.get_path("scripts")) / "coreframe")]


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    path = tmp_path / "moons.toml"
    path.write_text(RUN)
    return path


def coreframe(folder: Path, *arguments: object, **environment: str) -> str:
    """Run the command; what it says on standard error."""
    done = subprocess.run(
        [*COREFRAME, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def event_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*tfevents*"))


def read_events(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values by tag, as TensorBoard has them."""
    found = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    tags = found.Tags()["scalars"]
    return {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in tags}


def read_csv(folder: Path) -> dict[str, list[tuple[int, float]]]:
    with (folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != "epoch"]
    return {name: [(int(row["epoch"]), float(row[name])) for row in rows] for name in names}


def expect_same(folder: Path) -> None:
    """Each epoch stands there once, with the figures of metrics.csv."""
    events, table = read_events(folder), read_csv(folder)
    assert events.keys() == table.keys()
    for name, figures in table.items():
        assert [step for step, _ in events[name]] == [epoch for epoch, _ in figures]
        assert [v for _, v in events[name]] == pytest.approx([v for _, v in figures], rel=1e-6)


def test_a_run_from_the_command_line_is_read_back(run_file: Path, tmp_path: Path) -> None:
    assert coreframe(tmp_path, "train", run_file, "--quiet") == ""
    folder = tmp_path / "runs" / "moons"
    assert event_files(folder) == ["events.out.tfevents.0001"]
    expect_same(folder)
    assert len(read_csv(folder)["validation_accuracy"]) == 6


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_plugin_that_is_disabled_writes_nothing(run_file: Path, tmp_path: Path, way: str) -> None:
    if way == "option":
        coreframe(tmp_path, "--disable", "coreframe-tensorboard", "train", run_file, "--quiet")
    else:
        kept_out = "coreframe-tensorboard"
        coreframe(tmp_path, "train", run_file, "--quiet", COREFRAME_DISABLE=kept_out)
    assert (tmp_path / "runs" / "moons" / "metrics.csv").exists()
    assert event_files(tmp_path) == []


def test_a_run_without_a_folder_writes_nothing_and_imports_no_tensorboard(tmp_path: Path) -> None:
    code = """\
        import sys
        import coreframe as cf
        data = cf.create("dataset", "Moons(samples=40)", seed=0)
        model = cf.assemble(["Linear(2, 2)"], seed=0)
        optimizer = cf.create("optimizer", "SGD(lr=0.1)", model)
        cf.train_model(model, data, cf.create("loss", "CrossEntropy"), optimizer, epochs=2)
        assert "coreframe_tensorboard.hooks" in sys.modules
        assert "tensorboard" not in sys.modules
    """
    command = [sys.executable, "-c", dedent(code)]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_has_each_epoch_once_when_it_has_gone_on(
    run_file: Path, tmp_path: Path
) -> None:
    sets = ["--set", "run.epochs=300", "--set", "run.checkpoint_seconds=0.3"]
    process = subprocess.Popen([*COREFRAME, "train", "--quiet", str(run_file), *sets], cwd=tmp_path)
    folder = tmp_path / "runs" / "moons"
    while not (folder / "checkpoints" / "previous.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert coreframe(tmp_path, "train", "--resume", folder, "--quiet") == ""
    assert event_files(folder) == ["events.out.tfevents.0001", "events.out.tfevents.0002"]
    assert len(read_csv(folder)["loss"]) == 300
    expect_same(folder)


def stop_after(epochs: int, run_file: Path, folder: Path) -> None:
    """Train so far, as if the process had been killed then."""

    class Stopper:
        @cf.hookimpl(trylast=True)
        def coreframe_run_step(self, run: cf.Run) -> None:
            if run.epoch == epochs:
                raise KeyboardInterrupt

    stopper = Stopper()
    cf.get_registry().register(stopper)
    try:
        with pytest.raises(KeyboardInterrupt):
            runs.train_run(runs.read_plan(run_file), folder, quiet=True)
    finally:
        cf.get_registry().unregister(stopper)


def test_epochs_that_are_done_again_appear_once(run_file: Path, tmp_path: Path) -> None:
    stop_after(2, run_file, tmp_path / "early")
    stop_after(4, run_file, tmp_path / "run")
    shutil.copytree(
        tmp_path / "early/checkpoints", tmp_path / "run/checkpoints", dirs_exist_ok=True
    )
    assert len(read_events(tmp_path / "run")["loss"]) == 4
    training.resume_run(tmp_path / "run", quiet=True)
    expect_same(tmp_path / "run")


@pytest.mark.parametrize("lost", [1, 100, 1000])
def test_epochs_that_were_lost_on_the_way_to_the_disk_are_there(
    run_file: Path, tmp_path: Path, lost: int
) -> None:
    stop_after(4, run_file, tmp_path / "run")
    path = tmp_path / "run" / "events.out.tfevents.0001"
    content = path.read_bytes()
    path.write_bytes(content[: max(len(content) - lost, 0)])
    assert len(read_events(tmp_path / "run").get("loss", [])) < 4
    training.resume_run(tmp_path / "run", quiet=True)
    expect_same(tmp_path / "run")


def test_epochs_that_a_second_process_lost_are_there(run_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    runs.train_run(runs.read_plan(run_file), folder, quiet=True)
    for epochs in (3, 5):
        stop_after(epochs, run_file, tmp_path / str(epochs))
    shutil.copytree(tmp_path / "3" / "checkpoints", folder / "checkpoints", dirs_exist_ok=True)
    training.resume_run(folder, quiet=True)
    second, start = folder / "events.out.tfevents.0002", tmp_path / "start"
    EventFile(start, 4).close()
    second.write_bytes(second.read_bytes()[: (start / "events.out.tfevents.0001").stat().st_size])
    assert [step for step, _ in read_events(folder)["loss"]] == [1, 2, 3]
    shutil.copytree(tmp_path / "5" / "checkpoints", folder / "checkpoints", dirs_exist_ok=True)
    training.resume_run(folder, quiet=True)
    expect_same(folder)


def test_every_resumption_is_told_of_once(run_file: Path, tmp_path: Path) -> None:
    plan = runs.read_plan(run_file)
    for epochs in (3, 4, 5):
        stop_after(epochs, run_file, tmp_path / str(epochs))
    runs.train_run(plan, tmp_path / "run", quiet=True)
    for epochs in (5, 3, 4):
        checkpoints = tmp_path / str(epochs) / "checkpoints"
        shutil.copytree(checkpoints, tmp_path / "run/checkpoints", dirs_exist_ok=True)
        training.resume_run(tmp_path / "run", quiet=True)
        expect_same(tmp_path / "run")
    assert len(event_files(tmp_path / "run")) == 4


def test_a_run_that_begins_anew_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    for lr in (0.1, 0.2):
        model = cf.assemble(["Linear(2, 2)"], seed=0)
        history = train(model, tmp_path, epochs=3, lr=lr)
    events = read_events(tmp_path)["loss"]
    assert [step for step, _ in events] == [1, 2, 3]
    assert [value for _, value in events] == pytest.approx(history.loss.tolist(), rel=1e-6)


def train(
    model: cf.Module, folder: Path, epochs: int = 2, lr: float = 0.1, loss: str = "CrossEntropy"
) -> cf.History:
    data = cf.create("dataset", "Moons(samples=40)", seed=0)
    if loss == "MSE":
        x = torch.rand(40, 1, generator=torch.Generator().manual_seed(0))
        data = cf.TensorDataset(train=(x, 1 - x), test=(x, 1 - x))
    optimizer = cf.create("optimizer", "SGD", model, lr=lr)
    criterion = cf.create("loss", loss)
    return cf.train_model(
        model, data, criterion, optimizer, epochs=epochs, log=["test"], folder=folder
    )


def test_a_population_is_its_mean_its_least_and_its_greatest(tmp_path: Path) -> None:
    history = train(cf.assemble(["Linear(2, 2)"], seeds=range(5)), tmp_path / "new" / "folder")
    events = read_events(tmp_path / "new" / "folder")
    names = ("loss", "test_loss", "test_accuracy")
    assert events.keys() == {name + part for name in names for part in ("", "/min", "/max")}
    for tag, expected in (
        ("loss", history.loss.mean(1)),
        ("loss/min", history.loss.amin(1)),
        ("loss/max", history.loss.amax(1)),
    ):
        assert [v for _, v in events[tag]] == pytest.approx(expected.tolist(), rel=1e-6)


def test_a_replica_that_diverged_leaves_the_mean_of_the_others(tmp_path: Path) -> None:
    model = cf.assemble(["Linear(1, 1)"], seeds=range(3))
    data = cf.TensorDataset(
        train=(torch.ones(8, 1), torch.ones(8, 1)), test=(torch.ones(8, 1),) * 2
    )
    optimizer = cf.create("optimizer", "SGD", model, lr=[0.01, 1e30, 0.01])
    loss = cf.create("loss", "MSE")
    history = cf.train_model(model, data, loss, optimizer, epochs=6, batch_size=2, folder=tmp_path)
    assert not history.loss[-1, 1].isfinite()
    _, mean = read_events(tmp_path)["loss"][-1]
    assert mean == pytest.approx(float(history.loss[-1, ::2].mean()), rel=1e-6)


def test_in_regression_there_is_no_accuracy(tmp_path: Path) -> None:
    train(cf.assemble(["Linear(1, 1)"], seed=0), tmp_path, loss="MSE")
    assert read_events(tmp_path).keys() == {"loss", "test_loss"}


def test_a_folder_that_cannot_be_made_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    model = cf.assemble(["Linear(2, 2)"], seed=0)
    with pytest.warns(
        cf.PluginWarning,
        match=r"hooks tensorboard of coreframe-tensorboard .* in coreframe_run_start",
    ):
        history = train(model, tmp_path / "file")
    assert len(history.loss) == 2


def test_a_full_disk_is_a_warning_and_the_run_goes_on(tmp_path: Path) -> None:
    code = """\
        import resource, signal, sys
        import coreframe as cf
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error of the write, then
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        data = cf.create("dataset", "Moons(samples=10)", seed=0)
        model = cf.assemble(["Linear(2, 2)"], seed=0)
        optimizer = cf.create("optimizer", "SGD(lr=0.1)", model)
        loss = cf.create("loss", "CrossEntropy")
        history = cf.train_model(model, data, loss, optimizer, epochs=500, folder="run")
        print(len(history.loss))
    """
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", dedent(code)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "500\n"
    assert done.stderr.count("PluginWarning") == 1
    assert "in coreframe_run_epoch it raised OSError: [Errno 27] File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert "ResourceWarning" not in done.stderr  # it is closed
    assert (tmp_path / "run" / "events.out.tfevents.0001").stat().st_size <= 2000


def test_a_run_that_fails_keeps_its_epochs(tmp_path: Path) -> None:
    model = cf.assemble(["Linear(2, 2)"], seed=0)

    class Failing:
        @cf.hookimpl
        def coreframe_run_epoch(self, epoch: int) -> None:
            if epoch == 2:
                raise RuntimeError("no more")

    data = cf.create("dataset", "Moons(samples=40)", seed=0)
    optimizer = cf.create("optimizer", "SGD(lr=0.1)", model)
    loss = cf.create("loss", "CrossEntropy")
    settings: dict[str, Any] = {"epochs": 5, "watchers": [Failing()], "folder": tmp_path}
    with pytest.raises(RuntimeError, match="no more"):
        cf.train_model(model, data, loss, optimizer, **settings)
    assert [step for step, _ in read_events(tmp_path)["loss"]] == [1, 2]


def test_steps_are_those_of_a_run_that_goes_on_without_its_figures(tmp_path: Path) -> None:
    model = cf.assemble(["Linear(2, 2)"], seed=0)
    data = cf.create("dataset", "Moons(samples=40)", seed=0)
    optimizer = cf.create("optimizer", "SGD(lr=0.1)", model)
    loss = cf.create("loss", "CrossEntropy")
    cf.train_model(model, data, loss, optimizer, epochs=2, folder=tmp_path)
    cf.train_model(model, data, loss, optimizer, epochs=4, start_epoch=2, folder=tmp_path)
    assert [step for step, _ in read_events(tmp_path)["loss"]] == [1, 2, 3, 4]
