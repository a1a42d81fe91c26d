"""The command `coreframe` itself: start-up, exit codes, tracebacks, pipes, colour, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import coreframe as cf

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe, Environment, MakeSite

PROBE = """
import json, sys
from coreframe.cli.app import main
try:
    main()
finally:
    print("\\n" + json.dumps(sorted(sys.modules)), file=sys.stderr)
"""

WORKER = """
import time

def burst() -> None:
    raise ValueError("the pipe has burst")

def work() -> None:
    print("working", flush=True)
    time.sleep(60)

def mutter() -> None:
    print("a line that waits in a bµffer")
"""

COMMANDS = """
[coreframe.commands]
burst = worker:burst
work = worker:work
mutter = worker:mutter
"""


@pytest.fixture(scope="module")
def worker(make_site: "MakeSite") -> Path:
    return make_site("worker", COMMANDS, WORKER)


def imported(coreframe: "Coreframe", *args: str, site: Path) -> set[str]:
    done = coreframe(*args, sites=[site], program=[sys.executable, "-c", PROBE])
    modules: list[str] = json.loads(done.stderr.splitlines()[-1])
    return set(modules)


@pytest.mark.parametrize(
    "args",
    [
        ["list-components"],
        ["list-components", "--json"],
        ["new-plugin", "StartUp", "--kind", "module"],
        ["--help"],
        ["--version"],
        ["wrk"],
    ],
    ids=" ".join,
)
def test_start_up_imports_neither_torch_nor_a_plugin(
    coreframe: "Coreframe", worker: Path, args: list[str]
) -> None:
    listing = json.loads(coreframe("list-components", "--json", sites=[worker]).stdout)
    targets = [component["target"] for component in listing["components"]]
    plugins = {target.partition(":")[0].partition(".")[0] for target in targets} - {"coreframe"}
    assert "coreframe_toys" in plugins
    modules = imported(coreframe, *args, site=worker)
    assert "typer" in modules
    assert not modules & ({"torch", "worker", "coreframe.assembly"} | plugins)


def test_showing_a_component_imports_it_alone(coreframe: "Coreframe", worker: Path) -> None:
    modules = imported(coreframe, "show", "Affine", site=worker)
    assert {"torch", "coreframe_toys"} <= modules  # or the test above would prove nothing
    assert not modules & {"worker", "coreframe_linear", "coreframe_ee559"}


def test_version(coreframe: "Coreframe") -> None:
    done = coreframe("--version")
    assert (done.returncode, done.stdout) == (0, f"coreframe {cf.__version__}\n")


def test_without_arguments_it_prints_its_help(coreframe: "Coreframe") -> None:
    done = coreframe()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == coreframe("--help").stdout
    assert "list-components" in done.stdout
    assert "completion" not in done.stdout


@pytest.mark.parametrize("args", [["asemble"], ["--jsn"], ["list-components", "extra"]])
def test_misuse_exits_2_and_leaves_stdout_empty(coreframe: "Coreframe", args: list[str]) -> None:
    done = coreframe(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: " in done.stderr


def test_a_traceback_is_printed_only_when_asked_for(coreframe: "Coreframe", worker: Path) -> None:
    quiet = coreframe("burst", sites=[worker])
    assert quiet.returncode == 1
    assert "Traceback" not in quiet.stderr
    verbose = coreframe("--verbose", "burst", sites=[worker])
    assert verbose.returncode == 1
    assert "Traceback" in verbose.stderr
    assert 'raise ValueError("the pipe has burst")' in verbose.stderr


@pytest.mark.parametrize("args", [["--help"], ["list-components"], ["asemble"]], ids=" ".join)
def test_ci_services_get_no_colour(coreframe: "Coreframe", args: list[str]) -> None:
    done = coreframe(*args, env={"GITHUB_ACTIONS": "true"})
    assert done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pseudo-terminals")
def test_no_color_holds_on_a_terminal(
    script: Path, environment: "Environment", tmp_path: Path
) -> None:
    import pty

    ours, theirs = pty.openpty()
    env = {**environment(), "NO_COLOR": "1", "TERM": "xterm-256color"}
    subprocess.run(
        [script, "asemble"], cwd=tmp_path, env=env, stdout=theirs, stderr=theirs, check=False
    )
    written = os.read(ours, 10_000)
    os.close(theirs)
    os.close(ours)
    assert b"No such command" in written
    assert b"\x1b" not in written


@pytest.mark.parametrize("args", [["list-components"], ["--help"], ["mutter"]], ids=" ".join)
def test_a_pipe_that_nobody_reads_is_no_traceback(
    script: Path, environment: "Environment", worker: Path, tmp_path: Path, args: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [script, *args],
        cwd=tmp_path,
        env=environment(worker),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signal to one process")
def test_ctrl_c_exits_130_and_says_nothing(
    script: Path, environment: "Environment", worker: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [script, "work"],
        cwd=tmp_path,
        env=environment(worker),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complaint == ""


EVERY_COMMAND = [
    ["--help"],
    ["--version"],
    ["list-components"],
    ["show", "Affine"],
    ["assemble", "Affine(2, 3)"],
    ["mutter"],
]


@pytest.mark.skipif(sys.platform == "win32", reason="its shell closes no stream")
@pytest.mark.parametrize("args", EVERY_COMMAND, ids=" ".join)
def test_a_closed_stdout_is_no_error(
    coreframe: "Coreframe", script: Path, worker: Path, args: list[str]
) -> None:
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", str(script)]
    done = coreframe(*args, sites=[worker], program=shell)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("args", EVERY_COMMAND, ids=" ".join)
def test_a_locale_without_utf8_is_no_error(
    coreframe: "Coreframe", worker: Path, args: list[str]
) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = coreframe(*args, sites=[worker], env=ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
