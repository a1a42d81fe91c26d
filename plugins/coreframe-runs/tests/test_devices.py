"""--device, --dtype and --threads: what they change, what is refused, what --resume may change."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import coreframe as cf
from coreframe_runs.device import device_fault

Coreframe = Callable[..., subprocess.CompletedProcess[str]]

SHORT = ("--quiet", "--set", "run.epochs=1")


def settings(folder: Path) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((folder / "run.toml").read_text())["run"]
    return found


def on_another_device(folder: Path, device: str) -> None:
    """Make of a run that trained on the CPU one whose file says that it did elsewhere."""
    file = folder / "run.toml"
    file.write_text(file.read_text().replace('device = "cpu"', f'device = "{device}"'))


def interrupted(coreframe: Coreframe, run_file: Path, tmp_path: Path) -> Path:
    """The folder of a run that has two more epochs to do."""
    done = coreframe("train", run_file, "--quiet", "--set", "run.epochs=2")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "runs" / "moons" / "run.toml"
    file.write_text(file.read_text().replace("epochs = 2", "epochs = 4"))
    return file.parent


def test_options_stand_in_the_run_file_that_is_left(
    coreframe: Coreframe, run_file: Path, tmp_path: Path
) -> None:
    run_file.write_text(run_file.read_text() + 'dtype = "float32"\nthreads = 7\n')
    done = coreframe(
        *("train", run_file, *SHORT, "--device", "cpu", "--dtype", "float64", "--threads", 1)
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "moons"
    found = settings(folder)
    assert (found["device"], found["dtype"], found["threads"]) == ("cpu", "float64", 1)
    model = cf.load_checkpoint(folder / "checkpoints" / "last.safetensors").model
    assert {value.dtype for value in model.state().values()} == {torch.float64}
    again = coreframe("train", folder / "run.toml", "--out", "again", "--quiet")
    assert again.returncode == 0, again.stderr
    for name in ("run.toml", "metrics.csv"):
        assert (tmp_path / "again" / name).read_text() == (folder / name).read_text()


@pytest.mark.long
def test_as_many_threads_are_used(coreframe: Coreframe, run_file: Path, tmp_path: Path) -> None:
    (tmp_path / "counted.py").write_text(
        "import torch\nfrom coreframe import Module\n\n\n"
        "class Counted(Module):\n"
        "    def forward(self, x):\n"
        "        with open('threads.txt', 'a') as file:\n"
        "            print(torch.get_num_threads(), file=file)\n"
        "        return x\n\n"
        "    def backward(self, dy):\n"
        "        return dy\n"
    )
    info = tmp_path / "counted-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: counted\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[coreframe.modules]\nCounted = counted:Counted\n")
    layers = 'layers = ["Counted", "Linear(2, 2)"]'
    text = run_file.read_text()
    old = next(line for line in text.splitlines() if line.startswith("layers"))
    run_file.write_text(text.replace(old, layers))

    def used(*arguments: object) -> set[str]:
        (tmp_path / "threads.txt").unlink(missing_ok=True)
        done = coreframe(*arguments, PYTHONPATH=str(tmp_path))
        assert done.returncode == 0, done.stderr
        return set((tmp_path / "threads.txt").read_text().split())

    assert used("train", run_file, *SHORT, "--threads", 3) == {"3"}
    assert used("evaluate", "runs/moons") == {"3"}
    assert used("evaluate", "runs/moons", "--threads", 2) == {"2"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--device", "abacus"], "there is no device 'abacus'; it is cpu, cuda or cuda:N"),
        (["--device", "meta"], "meta has no numbers to train with"),
        (["--device", ""], "there is no device ''"),
        (["--dtype", "bfloat16"], "'bfloat16', whose few digits lose the small updates of a"),
        (["--dtype", "int8"], "must be float32 or float64, got 'int8'"),
        (["--threads", "0"], "must be from 1 to 1023, got 0"),
        (["--threads", "1024"], "must be from 1 to 1023, got 1024"),
        (["--threads", "two"], "'--threads'"),
        (
            ["--threads", "2", "--set", "run.threads=2"],
            "--threads and --set run.threads are one too many",
        ),
    ],
)
def test_bad_values_are_misuse(
    coreframe: Coreframe, run_file: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    done = coreframe("train", run_file, *arguments)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.long
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
def test_without_cuda_that_is_said_and_the_cpu_can_be_taken(
    coreframe: Coreframe, run_file: Path, tmp_path: Path
) -> None:
    sentence = "torch finds no CUDA device here, so cuda cannot be used"
    for command in (("train", run_file), ("evaluate", "x"), ("predict", "x", "y.csv")):
        refused = coreframe(*command, "--device", "cuda")
        assert refused.returncode == 2
        assert sentence in " ".join(refused.stderr.split())
    folder = interrupted(coreframe, run_file, tmp_path)
    on_cpu = coreframe("evaluate", folder, "--json")
    on_another_device(folder, "cuda")
    for name, *more in (["evaluate"], ["predict", "y.csv"]):
        refused = coreframe(name, folder, *more)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"run.toml: {sentence}; --device cpu takes another" in refused.stderr
    assert coreframe("evaluate", folder, "--json", "--device", "cpu").stdout == on_cpu.stdout
    refused = coreframe("train", "--resume", folder)
    assert refused.returncode == 1
    assert f"run.device: {sentence}" in refused.stderr
    resumed = coreframe("train", "--resume", folder, "--device", "cpu", "--quiet")
    assert resumed.returncode == 0, resumed.stderr
    assert settings(folder)["device"] == "cpu"
    assert "goes on with run.device=cpu" in (folder / "log.txt").read_text()
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == 4


@pytest.mark.long
def test_a_run_goes_on_with_other_threads_and_never_with_another_dtype(
    coreframe: Coreframe, run_file: Path, tmp_path: Path
) -> None:
    folder = interrupted(coreframe, run_file, tmp_path)
    before = (folder / "run.toml").read_text()
    refused = coreframe("train", "--resume", folder, "--dtype", "float64")
    assert refused.returncode == 2
    assert "--set, --out and --dtype are for a new run" in " ".join(refused.stderr.split())
    assert (folder / "run.toml").read_text() == before
    resumed = coreframe("train", "--resume", folder, "--threads", 1, "--quiet")
    assert resumed.returncode == 0, resumed.stderr
    assert (folder / "run.toml").read_text() == before.replace("threads = 0", "threads = 1")
    assert (folder / "log.txt").read_text().splitlines() == [
        *("begins at epoch 1", "done", "goes on with run.threads=1", "begins at epoch 3", "done")
    ]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA here")
def test_a_run_of_a_gpu_goes_on_there_and_is_evaluated_anywhere(
    coreframe: Coreframe, run_file: Path, tmp_path: Path
) -> None:
    assert device_fault("cuda:99")
    done = coreframe("train", run_file, "--quiet", "--set", "run.epochs=2", "--device", "cuda")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "moons"
    found = [
        json.loads(coreframe("evaluate", folder, "--json", "--device", device).stdout)
        for device in ("cpu", "cuda")
    ]
    losses = [each["splits"]["test"]["loss"] for each in found]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    file = folder / "run.toml"
    file.write_text(file.read_text().replace("epochs = 2", "epochs = 4"))
    resumed = coreframe("train", "--resume", folder, "--quiet")
    assert resumed.returncode == 0, resumed.stderr
    assert settings(folder)["device"] == "cuda"
