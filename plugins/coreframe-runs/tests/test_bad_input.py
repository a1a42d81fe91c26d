"""Bad input, in processes of its own: a sentence, exit 1, and nothing half-written."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from coreframe_runs import read_plan, train_run

if TYPE_CHECKING:
    from collections.abc import Callable

    Coreframe = Callable[..., subprocess.CompletedProcess[str]]

RUN = """\
[data]
name = "Table"
path = "t.csv"
target = "y"
stream = {stream}

[model]
layers = ["Linear(1, 2)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "SGD"
lr = 0.1

[run]
epochs = 2
"""

ROWS = [f"{row}.5,{'ab'[row % 2]}" for row in range(20)]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COREFRAME_CACHE", str(tmp_path / "kept"))


def write(folder: Path, lines: list[str], *, header: str = "x,y", stream: bool = True) -> None:
    (folder / "t.csv").write_text("\n".join([header, *lines]) if header else "", encoding="utf-8")
    (folder / "t.toml").write_text(RUN.format(stream=str(stream).lower()), encoding="utf-8")


def replaced(row: int, line: str) -> list[str]:
    return [line if index == row else other for index, other in enumerate(ROWS)]


def expect_refused(done: "subprocess.CompletedProcess[str]", says: str) -> None:
    assert says in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert (done.returncode, done.stdout) == (1, "")


CASES: dict[str, tuple[list[str], str, str]] = {
    "an empty file": ([], "", "t.csv is empty"),
    "a line of names alone": ([], "x,y", "t.csv has no rows"),
    "one column": (["a", "b"] * 9, "y", "data: Table: {} has no column beside the target"),
    "one class": ([f"{n},a" for n in range(9)], "x,y", "{} has one class alone in column 'y': 'a'"),
    "text": (replaced(7, "abc,b"), "x,y", "{}, line 9, column 'x': 'abc' is no number, as the"),
    "a gap": (replaced(5, "NaN,b"), "x,y", "{}, line 7, column 'x': the value is missing; missing"),
    "semicolons": (["1;a", "2;b"], "x;y", "{} has semicolons between its columns; Table"),
    "many classes": (
        [f"{n},c{n}" for n in range(5_000)],
        "x,y",
        "test gets none of class 'c0' of 1 samples",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_table_that_cannot_be_trained_on(
    coreframe: "Coreframe", tmp_path: Path, case: str
) -> None:
    lines, header, says = CASES[case]
    write(tmp_path, lines, header=header)
    done = coreframe("train", "t.toml")
    expect_refused(done, says.format(tmp_path / "t.csv"))
    assert not (tmp_path / "runs").exists()
    assert not list((tmp_path / "kept").glob(".*"))


def test_one_row_to_test_on(coreframe: "Coreframe", tmp_path: Path) -> None:
    write(tmp_path, [f"{row},{row / 4}" for row in range(10)])
    sets = (
        "data.test=0.1",
        "data.validation=0.1",
        "loss.name=MSE",
        'model.layers=["Linear(1, 1)"]',
    )
    changes = [part for change in (*sets, "optimizer.lr=0.001") for part in ("--set", change)]
    assert coreframe("train", "t.toml", "--quiet", *changes).returncode == 0
    done = coreframe("evaluate", "runs/t", "--split", "test")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("test        loss ")


def test_a_file_that_vanishes_while_it_is_trained_on(
    command: list[str], coreframe: "Coreframe", tmp_path: Path
) -> None:
    write(tmp_path, ROWS)
    sets = [
        part for c in ("run.epochs=100000", "run.checkpoint_seconds=0.0") for part in ("--set", c)
    ]
    process = subprocess.Popen(
        [*command, "train", "t.toml", "--quiet", *sets],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    last = tmp_path / "runs/t/checkpoints/last.safetensors"
    while not last.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    for path in (tmp_path / "t.csv", *(tmp_path / "kept").iterdir()):
        path.unlink()
    metrics = tmp_path / "runs/t/metrics.csv"
    before = metrics.stat().st_size
    while metrics.stat().st_size == before:  # it trains on
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1].decode().startswith("interrupted; go on with")
    assert process.returncode == 130
    expect_refused(coreframe("train", "--resume", "runs/t"), "data: Table: there is no file")


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """The folder in which runs/t has been trained."""
    write(tmp_path, ROWS)
    train_run(read_plan(tmp_path / "t.toml"), tmp_path / "runs" / "t", quiet=True)
    return tmp_path


def limited(
    size: int, command: list[str], *arguments: object
) -> "subprocess.CompletedProcess[str]":
    """The command where no file grows beyond a size, which it learns as from a full disk."""
    pytest.importorskip("resource")
    code = (
        "import os, resource, sys; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
        "os.execv(sys.argv[2], sys.argv[2:])"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(size), *command, *map(str, arguments)],
        cwd=os.environ["COREFRAME_CACHE"].removesuffix("kept"),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_a_full_disk(command: list[str], trained: Path) -> None:
    for path in (trained / "kept").iterdir():
        path.unlink()
    rows = [f"{row}.5,{'ab'[row % 2]}" for row in range(2_000)]
    write(trained, rows)
    done = limited(8_000, command, "train", "t.toml", "--out", "full")
    expect_refused(
        done, f"the rows of {trained / 't.csv'} cannot be kept in {trained / 'kept'}: File"
    )
    assert list((trained / "kept").iterdir()) == []
    (trained / "full.toml").write_text((trained / "t.toml").read_text().replace("true", "false"))
    done = limited(200, command, "train", "full.toml", "--out", "full")
    expect_refused(done, "the folder full cannot be made")
    assert not list(trained.glob("*full")) + list(trained.glob(".full*"))
    long = ["--quiet", "--set", "run.epochs=200", "--set", "run.checkpoint_seconds=1e9"]
    alone = ["--disable", "coreframe-tensorboard"]  # whose events would fill the disk before
    done = limited(6_000, [*command, *alone], "train", "full.toml", "--out", "half", *long)
    expect_refused(done, "half/metrics.")
    assert not list((trained / "half/checkpoints").glob(".*"))
    done = limited(8_000, command, "predict", "runs/t", "t.csv", "--out", "found.csv")
    expect_refused(done, "found.csv cannot be written: File too large")
    assert not list(trained.glob("*found.csv")) + list(trained.glob(".found.csv*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_behind_stdout(command: list[str], trained: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "predict", "runs/t", "t.csv"],
            cwd=trained,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == "Error: stdout cannot be written: No space left on device\n"
    assert done.returncode == 1


def unwritable(folder: Path) -> Path:
    """A folder that nothing can be made in, even by root."""
    file = folder / "file"
    file.touch()
    return Path("/sys") if Path("/sys/kernel").is_dir() else file


@pytest.mark.long
def test_folders_that_cannot_be_written_to(
    coreframe: "Coreframe", trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = unwritable(trained)
    done = coreframe("train", "t.toml", "--out", bad / "x")
    expect_refused(done, f"the folder {bad / 'x'} cannot be made")
    done = coreframe("predict", "runs/t", "t.csv", "--out", bad / "x.csv")
    expect_refused(done, f"{bad / 'x.csv'} cannot be written")
    monkeypatch.setenv("COREFRAME_CACHE", str(bad / "kept"))
    done = coreframe("train", "t.toml", "--out", "other")
    expect_refused(done, f"cannot be kept in {bad / 'kept'}: ")
    assert "COREFRAME_CACHE may name another folder" in done.stderr
    assert not (trained / "other").exists()
    if os.geteuid():
        (trained / "shut").mkdir(mode=0o555)
        done = coreframe("train", "t.toml", "--out", "shut/x", "--set", "data.stream=false")
        expect_refused(done, "the folder shut/x cannot be made")


def test_predicting_from_bad_files(coreframe: "Coreframe", trained: Path) -> None:
    cases: dict[str, Any] = {
        "z\n1\n": "{} has no column 'x'",
        "x\n1\ntwo\n": "{}, line 3, column 'x': 'two' is no number, as it was in training",
    }
    path = trained / "more.csv"
    for text, says in cases.items():
        path.write_text(text, encoding="utf-8")
        done = coreframe("predict", "runs/t", "more.csv", "--out", "found.csv")
        expect_refused(done, says.format("more.csv"))
        assert not list(trained.glob("*found.csv*"))


@pytest.mark.long
def test_a_fault_late_in_a_file_leaves_no_half_of_the_predictions(
    coreframe: "Coreframe", trained: Path
) -> None:
    lines = [f"{row}.25" for row in range(200_000)]
    lines[150_000] = "1e39"
    (trained / "more.csv").write_text("\n".join(["x", *lines]), encoding="utf-8")
    done = coreframe("predict", "runs/t", "more.csv", "--out", "found.csv")
    expect_refused(done, "more.csv, line 150002, column 'x': 1e+39 overflows in torch.float32")
    assert not list(trained.glob("*found.csv*")) + list(trained.glob(".found*"))
    # Where others read on while it predicts, they have what came before.
    done = coreframe("predict", "runs/t", "more.csv")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert 1_000 < done.stdout.count("\n") < 150_001
