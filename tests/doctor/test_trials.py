"""Trials: each import in a process of its own, whatever that process does."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coreframe.doctor.finding import Finding
from coreframe.doctor.installation import Installation
from coreframe.doctor.trials import try_imports

if TYPE_CHECKING:
    from tests.doctor.conftest import Install

SOUND = "def run(): pass\n"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such processes")

Try = Callable[..., list[Finding]]


@pytest.fixture
def try_commands(install: "Install", installation: Callable[[], Installation]) -> Try:
    """What is found where each source is the module of a command, by its name."""

    def attempt(*, limit: float = 30, **sources: str) -> list[Finding]:
        lines = "\n".join(f"{name} = {name}_module:run" for name in sources)
        files = {f"{name}_module.py": source for name, source in sources.items()}
        install("tools", f"[coreframe.commands]\n{lines}", files)
        return try_imports(installation(), limit)

    return attempt


def test_what_can_be_imported_is_no_finding(try_commands: Try) -> None:
    assert try_commands(one=SOUND, two=SOUND) == []


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise ValueError('no\\nGPU')", "raised ValueError: no GPU; reinstall tools, or report"),
        ("raise SystemExit(3)", "raised SystemExit: 3; reinstall tools"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt: no message"),
        ("import a_package_nobody_has", "; install what offers the package a_package_nobody_has"),
        ("", "has no attribute 'run'"),
    ],
)
def test_a_cause_is_told_as_the_registry_tells_it(
    try_commands: Try, source: str, cause: str
) -> None:
    (finding,) = try_commands(bad=source)
    assert (finding.id, finding.subject) == ("CF020", "command bad of tools 1.0")
    assert finding.detail.startswith("loading bad_module:run raised ")
    assert cause in finding.detail


@POSIX
def test_a_process_that_dies_is_told_by_its_end(try_commands: Try) -> None:
    found = try_commands(
        quiet="import os; os._exit(0)",
        loud="import os, sys; print('gone', file=sys.stderr, flush=True); os._exit(7)",
        shot="import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    )
    assert [finding.id for finding in found] == ["CF020"] * 3
    loud, quiet, shot = (finding.detail for finding in found)
    end = "; report this to the author of tools"
    assert quiet == f"loading quiet_module:run ended its process with exit status 0{end}"
    assert loud == (
        f"loading loud_module:run ended its process with exit status 7, with 'gone' on stderr{end}"
    )
    assert shot == f"loading shot_module:run ended its process by SIGSEGV{end}"


@POSIX
def test_no_trick_of_a_plugin_passes_for_success_or_failure(
    try_commands: Try, tmp_path: Path
) -> None:
    found = try_commands(
        closes="import os\nos.closerange(0, 100)\n" + SOUND,
        replaces="import sys\nsys.stdout = sys.stderr = None\n" + SOUND,
        shuts="import sys\nsys.stdout.close()\n" + SOUND,
        moves=f"import os, sys\nos.chdir({str(tmp_path)!r})\nsys.path.clear()\n" + SOUND,
        threads="import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n" + SOUND,
        handles="import atexit, os\natexit.register(os._exit, 3)\n" + SOUND,
        asks="import sys\nassert sys.stdin.read() == ''\nassert len(sys.argv) == 1\n" + SOUND,
    )
    assert found == []


@POSIX
def test_one_that_takes_too_long_is_ended_with_all_that_it_started(
    try_commands: Try, tmp_path: Path
) -> None:
    sign = tmp_path / "sign"
    source = f"""
    import subprocess, sys, time
    code = "import time; time.sleep(4); open({str(sign)!r}, 'w')"
    subprocess.Popen([sys.executable, "-c", code])
    time.sleep(60)
    """
    start = time.monotonic()
    (finding,) = try_commands(slow=source, limit=2)
    assert time.monotonic() - start < 20
    assert (finding.id, finding.subject) == ("CF022", "command slow of tools 1.0")
    assert finding.detail == (
        "loading slow_module:run takes longer than 2 seconds; give more by --timeout, "
        "or report this to the author of tools"
    )
    time.sleep(max(0, 5 - (time.monotonic() - start)))
    assert not sign.exists()


@POSIX
def test_what_a_plugin_started_holds_nobody_up(try_commands: Try) -> None:
    source = "import subprocess, sys\n"
    source += "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    start = time.monotonic()
    assert try_commands(leaves=source + SOUND) == []
    assert time.monotonic() - start < 20


def test_an_import_that_prints(try_commands: Try) -> None:
    source = "import sys\nprint('\\n  Hello', 'there\\nand more')\n"
    found = try_commands(
        out=source + SOUND, err="import sys\nprint('Oh', file=sys.stderr)\n" + SOUND
    )
    assert [(f.id, f.level, f.subject.split()[1]) for f in found] == [
        ("CF023", "warning", "err"),
        ("CF023", "warning", "out"),
    ]
    assert found[0].detail.startswith("loading err_module:run prints to stderr, first 'Oh'; ")
    assert "prints to stdout, first 'Hello there'; " in found[1].detail


def test_a_command_that_is_no_function(try_commands: Try) -> None:
    (finding,) = try_commands(number="run = 3")
    assert finding.id == "CF021"
    assert finding.detail.startswith("number_module:run is not a function; ")


COMPONENTS = {
    "layers.py": """
        from coreframe import Module

        class Sound(Module):
            def forward(self, x): ...
            def backward(self, dy): ...

        class Half(Module):
            def forward(self, x): ...

        Other = dict
    """
}


def test_a_class_that_is_not_what_its_kind_asks_for(
    install: "Install", installation: Callable[[], Installation]
) -> None:
    names = ["Sound", "Half", "Other"]
    lines = "\n".join(f"{name} = layers:{name}" for name in names)
    install("swish", f"[coreframe.modules]\n{lines}", COMPONENTS)
    half, other = try_imports(installation(), 60)
    assert (half.id, half.subject) == ("CF021", "module Half of swish 1.0")
    assert half.detail == (
        "layers:Half does not define backward; report this to the author of swish"
    )
    assert (other.id, other.detail.partition(";")[0]) == (
        "CF021",
        "layers:Other is not a subclass of coreframe.Module",
    )


def test_hooks_that_cannot_be_registered(
    install: "Install", installation: Callable[[], Installation]
) -> None:
    install(
        "board",
        "[coreframe.hooks]\ngood = good\nbad = bad\nworse = worse",
        {
            "good.py": "import coreframe\n@coreframe.hookimpl\ndef coreframe_run_start(run): ...",
            "bad.py": "import coreframe\n@coreframe.hookimpl\ndef coreframe_run_start(time): ...",
            "worse.py": "1 / 0",
        },
    )
    worse, bad = sorted(try_imports(installation(), 30), key=lambda finding: finding.id)
    assert (bad.id, bad.subject) == ("CF024", "hooks bad of board 1.0")
    assert bad.detail.startswith("it does not fit coreframe's hooks: ")
    assert (worse.id, worse.subject) == ("CF020", "hooks worse of board 1.0")


def test_what_the_metadata_show_to_be_unusable_is_not_imported(
    install: "Install", installation: Callable[[], Installation], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("swish", "[coreframe.commands]\nrun = swish:run", {"swish.py": "1 / 0"})
    install("late", "[coreframe.commands]\nlate = late:run", requires=["coreframe>=99"])
    monkeypatch.setenv("COREFRAME_DISABLE", "swish")
    assert try_imports(installation(), 30) == []


def test_a_policy_that_cannot_be_read_is_in_nobodys_way(try_commands: Try) -> None:
    Path("pyproject.toml").write_text("[tool.coreframe]\ndisable = 3")
    assert try_commands(one=SOUND) == []


def test_modules_of_the_current_folder_take_no_others_place(
    try_commands: Try, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "inspect", "one_module"):
        Path(f"{name}.py").write_text("raise RuntimeError('from the current folder')")
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    assert try_commands(one=SOUND) == []


def test_the_path_is_that_of_the_parent(
    try_commands: Try, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(tmp_path / "appended")
    first = "import sys\nassert sys.path[1].endswith('appended'), sys.path\n"
    assert try_commands(one=first + SOUND) == []


def test_each_is_told_when_it_is_done_and_some_run_side_by_side(
    install: "Install", installation: Callable[[], Installation]
) -> None:
    lines = "\n".join(f"run{index} = tools_module:run" for index in range(3))
    install("tools", f"[coreframe.commands]\n{lines}", {"tools_module.py": SOUND})
    done: list[str] = []
    assert try_imports(installation(), 30, lambda record: done.append(record.name)) == []
    assert sorted(done) == ["run0", "run1", "run2"]


def test_a_process_that_cannot_start_is_a_finding(
    try_commands: Try, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", os.devnull)
    (finding,) = try_commands(one=SOUND)
    assert finding.id == "CF020"
    assert "needs a process of its own, which cannot be started here" in finding.detail
