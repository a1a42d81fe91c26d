"""coreframe sweep: what people see."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Coreframe = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.long
def test_a_sweep_from_beginning_to_the_best_run(
    coreframe: "Coreframe", sweep_file: Path, tmp_path: Path
) -> None:
    done = coreframe("sweep", sweep_file, "--objective", "validation_accuracy")
    assert done.returncode == 0, done.stderr
    first, best, setting, train = done.stdout.splitlines()
    assert first == f"{Path('sweeps') / 'moons'}: 3 trials, 3 complete"
    found = re.fullmatch(r"best: trial (\d), validation_accuracy (0\.\d+)", best)
    assert found is not None
    number, value = found.groups()
    assert setting == f"  optimizer.lr  {[0.02, 0.1, 0.5][int(number)]}"
    assert train == "train it by: coreframe train sweeps/moons/best.toml"
    assert done.stderr.splitlines()[0] == "0 of 3 trials"
    assert re.fullmatch(
        r"3 of 3 trials, best validation_accuracy 0.\d+", done.stderr.splitlines()[-1]
    )
    trained = coreframe("train", "sweeps/moons/best.toml", "--quiet")
    assert trained.returncode == 0, trained.stderr
    figures = dict(line.split() for line in trained.stdout.splitlines()[1:])
    assert float(figures["validation_accuracy"]) == pytest.approx(float(value), abs=1e-4)
    document = json.loads((tmp_path / "sweeps" / "moons" / "trials.json").read_text())
    # The same command again trains nothing, and says the same.
    shown = coreframe("sweep", sweep_file, "--objective", "validation_accuracy", "--json")
    assert json.loads(shown.stdout) == document
    again = coreframe("sweep", sweep_file, "--objective", "validation_accuracy", "--quiet")
    assert (again.returncode, again.stdout, again.stderr) == (0, done.stdout, "")
    assert json.loads((tmp_path / "sweeps/moons/trials.json").read_text()) == document


def test_a_run_is_trained_whatever_its_sweep_says(coreframe: "Coreframe", sweep_file: Path) -> None:
    done = coreframe("train", sweep_file, "--quiet", "--set", "run.epochs=1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("runs/moons: 1 epochs")


def test_options_stand_for_the_file(coreframe: "Coreframe", sweep_file: Path) -> None:
    text = sweep_file.read_text().partition("[sweep]")[0]
    sweep_file.write_text(text)
    options = ["--space", "optimizer.lr={low=0.1, high=0.4}", "--trials", 2, "--sampler", "random"]
    options += ["--pruner", "median", "--folds", 2, "--objective", "loss", "--quiet", "--out", "x"]
    done = coreframe("sweep", sweep_file, *options, "--storage", "sqlite:///other.db")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("x: 2 trials, 2 complete\nbest: trial ")
    folder = sweep_file.parent / "x"
    assert (sweep_file.parent / "other.db").is_file()
    assert not (folder / "study.db").exists()
    assert 'pruner = "median"\nobjective = "loss"' in (folder / "sweep.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["sweep"], 2, "Missing argument"),
        (["sweep", "gone.toml"], 1, "gone.toml has a mistake: file: cannot be read"),
        (["sweep", "moons.toml", "--space", "optimizer.lrr=[1]"], 1, "did you mean lr?"),
        (["sweep", "moons.toml", "--space", "lr=[1]"], 1, "sweep.space.lr: there is no section lr"),
        (["sweep", "moons.toml", "--space", "optimizer.lr=[]"], 1, "the list has no value"),
        (["sweep", "moons.toml", "--space", "optimizer.lr=[-1]"], 1, "the value -1: lr must be"),
        (["sweep", "moons.toml", "--sampler", "gird"], 1, "did you mean grid?"),
        (["sweep", "moons.toml", "--trials", "many"], 2, "--trials"),
        (["sweep", "moons.toml", "--out", "."], 1, ". exists and is no folder of a sweep"),
        (["sweep", "moons.toml", "--out", "moons.toml"], 1, "is no folder of a sweep"),
        (
            ["sweep", "moons.toml", "--storage", "nothing"],
            1,
            "the storage nothing cannot be opened",
        ),
        (
            ["sweep", "moons.toml", "--storage", "sqlite:////no/such/folder/x.db"],
            1,
            "the storage sqlite:////no/such/folder/x.db cannot be opened: ",
        ),
        (
            ["sweep", "moons.toml", "--storage", "postgresql://me:secret@nowhere/x"],
            1,
            "the storage postgresql://…@nowhere/x cannot be opened: ",
        ),
        (
            ["sweep", "moons.toml", "--space", "optimizer.lr=[1e16]", "--set", "run.epochs=2"],
            1,
            "no trial of 1 gave a result",
        ),
    ],
)
def test_misuse_is_told_in_a_sentence(
    coreframe: "Coreframe", sweep_file: Path, arguments: list[str], code: int, says: str
) -> None:
    if "1e16" in str(arguments):
        layers = '["Linear(2, 6)", "Linear(6, 6)", "Linear(6, 2)"]'
        arguments = [*arguments, "--set", f"model.layers={layers}", "--quiet"]
    done = coreframe(*arguments)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
    assert code == 2 or len(done.stderr.splitlines()) == 1


@pytest.mark.long
def test_a_folder_of_another_sweep_is_not_gone_on_with(
    coreframe: "Coreframe", sweep_file: Path, tmp_path: Path
) -> None:
    assert coreframe("sweep", sweep_file, "--quiet").returncode == 0
    before = (tmp_path / "sweeps/moons/sweep.toml").read_text()
    done = coreframe("sweep", sweep_file, "--space", "optimizer.lr=[0.3]")
    assert done.returncode == 1
    assert done.stderr == (
        "Error: the study moons is of another sweep (space.optimizer.lr is [0.02, 0.1, 0.5] there "
        "and [0.3] here): choose another --out or sweep.study\n"
    )
    assert (tmp_path / "sweeps/moons/sweep.toml").read_text() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(
    coreframe: "Coreframe", sweep_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    done = coreframe("sweep", sweep_file, "--out", "closed/sweep")
    assert done.returncode == 1
    assert "the folder closed/sweep cannot be written" in done.stderr


def test_a_folder_that_cannot_be_made_is_told(coreframe: "Coreframe", sweep_file: Path) -> None:
    done = coreframe("sweep", sweep_file, "--out", "/proc/sweep")  # also root cannot
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the folder /proc/sweep cannot be written: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_terminal_gets_a_bar_with_the_best_and_the_time_left(
    command: list[str], sweep_file: Path, tmp_path: Path
) -> None:
    own, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command, "sweep", str(sweep_file), "--set", "sweep.at_once=1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=dict(os.environ, TERM="xterm", COLUMNS="120"),
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(own, 4096):
            shown += part
    except OSError:  # the process has closed its side
        pass
    os.close(own)
    assert process.wait() == 0
    assert process.stdout is not None
    assert process.stdout.read().startswith(b"sweeps/moons: 3 trials")
    process.stdout.close()
    text = shown.decode()
    assert "0 of 3 trials" in text
    assert re.search(r"[12] of 3 trials, best validation_loss [\d.]+.* s left", text)
    assert "3 of 3 trials" in text
