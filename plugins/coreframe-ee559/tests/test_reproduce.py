import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

import coreframe as cf
from coreframe_ee559 import command
from coreframe_ee559.output_folder import prepare_folder

COREFRAME = str(Path(sys.executable).parent / "coreframe")
not_for_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


def test_the_command_runs_the_study_and_says_what_it_found(tmp_path: Path) -> None:
    out = tmp_path / "a" / "results"
    line = [COREFRAME, "reproduce", "--quick", "--epochs=1", "--repeats=2", f"--out={out}"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert "# Findings" in done.stdout
    assert "trainings: 100 %" in done.stderr  # plain lines where there is no terminal
    assert {path.name for path in out.iterdir()} == {
        "curves.csv",
        "figures",
        "findings.md",
        "grid.csv",
        "study.json",
        "table1.json",
        "table1.md",
        "table2.json",
        "table2.md",
    }


@pytest.mark.parametrize(
    ("out", "named", "reason"),
    [
        ("file/results", "file/results", "Not a directory"),
        ("file", "file", "it is a file"),
        ("earlier", "earlier/figures", "it is a file"),
        pytest.param("locked", "locked", "Permission denied", marks=not_for_root),
        pytest.param("half", "half/figures", "Permission denied", marks=not_for_root),
    ],
)
def test_a_place_that_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, named: str, reason: str
) -> None:
    def never(*_: object) -> NoReturn:
        raise AssertionError("the work has begun")

    monkeypatch.setattr(command, "run_study", never)
    (tmp_path / "file").write_text("")
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "figures").write_text("")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "figures").mkdir(mode=0o555)
    (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(cf.ArgumentError) as raised:
        command.reproduce(out=tmp_path / out)
    assert str(raised.value) == (
        f"cannot write results to {tmp_path / named}: {reason}; name another folder with --out"
    )


def test_trying_a_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "results")
    assert [path.name for path in (tmp_path / "results").rglob("*")] == ["figures"]


def test_the_help_is_plain() -> None:
    shown = subprocess.run(
        [COREFRAME, "reproduce", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "--quick" in shown
    assert "--no-quick" not in shown
    assert "--epochs N " in shown
    assert "range" not in shown
