import subprocess
import sys
from pathlib import Path

COREFRAME = str(Path(sys.executable).parent / "coreframe")


def test_the_command_runs_the_study_and_says_what_it_found(tmp_path: Path) -> None:
    out = tmp_path / "a" / "results"
    command = [COREFRAME, "reproduce", "--quick", "--epochs=1", "--repeats=2", f"--out={out}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
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


def test_a_folder_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [COREFRAME, "reproduce", f"--out={tmp_path / 'file' / 'results'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "cannot write results to" in done.stderr
    assert "Traceback" not in done.stderr
