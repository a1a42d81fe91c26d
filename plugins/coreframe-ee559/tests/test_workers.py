"""Worker processes: none outlives the one that started it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import coreframe as cf
from coreframe_ee559.worker import Task
from coreframe_ee559.workers import run_tasks

# One worker is idle and one trains on when the parent is killed. Both write to its stdout, which
# reaches its end for the reader only when nobody holds it open.
PROGRAM = """
    import os, time
    from coreframe_ee559.worker import Task
    from coreframe_ee559.workers import run_tasks

    def train(epochs, on_epoch):
        os.write(1, b"ready\\n")  # at once: two processes share it
        for _ in range(epochs):
            time.sleep(0.05)
            on_epoch()

    if __name__ == "__main__":
        run_tasks([Task(train, (1,)), Task(train, (1000,))], 2, lambda: None)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_the_main_process(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "program.py").write_text(dedent(PROGRAM), encoding="utf-8")
    command = [sys.executable, str(tmp_path / "program.py")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)  # raises if a worker holds the pipes open
    assert process.returncode == -number
    # The main process tells of an interrupt; a worker has nothing to tell.
    assert errors.count("Traceback") == (number == signal.SIGINT)


def _die(on_epoch: object) -> None:
    os._exit(3)


def _fail(on_epoch: object) -> None:
    raise cf.ArgumentError("no such luck")


def test_a_worker_that_dies_is_said() -> None:
    with pytest.raises(cf.CoreframeError, match="a worker process ended before its training did"):
        run_tasks([Task(_die, ())], 1, lambda: None)


def test_a_failing_task_is_raised_and_says_where_it_failed() -> None:
    with pytest.raises(cf.ArgumentError, match="no such luck") as raised:
        run_tasks([Task(_fail, ())], 1, lambda: None)
    assert "in _fail" in "".join(raised.value.__notes__)
