"""Worker processes: none outlives the one that started it."""

import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from coreframe_tasks import count, die, fail, fail_oddly

import coreframe as cf

# One worker is idle and one trains on when the parent is killed. Both write to its stdout, which
# reaches its end for the reader only when nobody holds it open.
PROGRAM = """
    import os, time
    import coreframe as cf

    def train(epochs, report):
        os.write(1, b"ready\\n")  # at once: two processes share it
        for _ in range(epochs):
            time.sleep(0.05)
            report()

    if __name__ == "__main__":
        cf.run_tasks([cf.Task(train, (1,)), cf.Task(train, (1000,))], 2)
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


def test_a_worker_that_dies_is_said() -> None:
    with pytest.raises(cf.CoreframeError, match="a worker process ended before its task did"):
        cf.run_tasks([cf.Task(die)], 1)


def test_a_failing_task_is_raised_and_says_where_it_failed() -> None:
    with pytest.raises(cf.ArgumentError, match="no such luck") as raised:
        cf.run_tasks([cf.Task(fail)], 1)
    assert "in fail" in "".join(raised.value.__notes__)


def test_an_error_that_cannot_be_sent_is_told_all_the_same() -> None:
    with pytest.raises(cf.CoreframeError, match="TwoPartError: salt and pepper"):
        cf.run_tasks([cf.Task(fail_oddly)], 1)


def test_results_come_in_order_and_reports_with_their_task() -> None:
    seen: list[tuple[int, int]] = []
    tasks = [cf.Task(count, (first,)) for first in (0, 10, 20)]
    found = cf.run_tasks(tasks, 2, lambda index, value: seen.append((index, value)))
    assert found == [(0, 1), (10, 1), (20, 1)]
    assert sorted(seen) == [(index, 10 * index + more) for index in range(3) for more in range(3)]


def test_there_is_at_least_one_worker() -> None:
    with pytest.raises(cf.ArgumentError, match="workers"):
        cf.run_tasks([cf.Task(fail)], 0)
