"""Targets: dead ones are found, and nothing is imported to find them."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.doctor.conftest import Examine, Install

LAYER = """
from coreframe import Module

class Swish(Module):
    def forward(self, x):
        return x

    def backward(self, dy):
        return dy
"""
SWISH = "[coreframe.modules]\nSwish = swish:Swish"


def test_a_module_that_is_not_there(install: "Install", examine: "Examine") -> None:
    install("swish", "[coreframe.modules]\nSwish = swish_gone.layers:Swish")
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF001", "module Swish of swish 1.0")
    assert finding.detail == (
        "there is no module swish_gone, and its entry point is swish_gone.layers:Swish; "
        "reinstall swish, or report this to the author of swish"
    )


@pytest.mark.parametrize("files", [{"swish.py": LAYER}, {"swish/__init__.py": LAYER}])
def test_a_sound_target_is_no_finding(
    install: "Install", examine: "Examine", files: dict[str, str]
) -> None:
    install("swish", SWISH, files)
    assert examine() == []


def test_a_part_of_a_package_that_is_not_there(install: "Install", examine: "Examine") -> None:
    install("swish", "[coreframe.modules]\nSwish = swish.layers:Swish", {"swish/__init__.py": ""})
    (finding,) = examine()
    assert finding.id == "CF001"
    assert "there is no module swish.layers" in finding.detail


def test_a_part_of_what_is_no_package(install: "Install", examine: "Examine") -> None:
    install("swish", "[coreframe.modules]\nSwish = swish.layers:Swish", {"swish.py": LAYER})
    assert [finding.id for finding in examine()] == ["CF001"]


@pytest.mark.parametrize(
    "source",
    [
        "__path__ = ['elsewhere']",
        "import sys\nsys.modules['swish.layers'] = sys",
        "from sys import modules",
    ],
)
def test_a_part_that_the_package_may_make_itself(
    install: "Install", examine: "Examine", source: str
) -> None:
    install(
        "swish", "[coreframe.modules]\nSwish = swish.layers:Swish", {"swish/__init__.py": source}
    )
    assert examine() == []


def test_a_name_that_the_module_does_not_define(install: "Install", examine: "Examine") -> None:
    folder = install("swish", SWISH, {"swish.py": "class Swich: pass"})
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF002", "module Swish of swish 1.0")
    assert finding.detail == (
        f"{folder / 'swish.py'} defines no Swish, and its entry point is swish:Swish; did you mean "
        "Swich? install another version of swish, or report this to the author of swish"
    )


@pytest.mark.parametrize("kind", ["modules", "commands", "hooks"])
def test_commands_and_hooks_have_targets_too(
    install: "Install", examine: "Examine", kind: str
) -> None:
    install("swish", f"[coreframe.{kind}]\nSwish = swish:Swish", {"swish.py": ""})
    assert [finding.id for finding in examine()] == ["CF002"]


def test_a_part_of_a_package_is_an_attribute(install: "Install", examine: "Examine") -> None:
    install("swish", "[coreframe.commands]\nlayers = swish:layers", {"swish/__init__.py": ""})
    assert [finding.id for finding in examine()] == ["CF002"]
    install(
        "swash",
        "[coreframe.commands]\nlayers = swash:layers",
        {"swash/__init__.py": "", "swash/layers.py": ""},
    )
    assert [f.subject for f in examine() if f.id == "CF002"] == ["command layers of swish 1.0"]


def test_of_a_name_with_dots_the_first_is_looked_for(
    install: "Install", examine: "Examine"
) -> None:
    install(
        "swish",
        "[coreframe.modules]\nSwish = swish:Outer.Inner\nSwash = swish:Missing.Inner",
        {"swish.py": "class Outer(object): pass"},
    )
    assert [finding.subject for finding in examine()] == ["module Swash of swish 1.0"]


@pytest.mark.parametrize(
    "source",
    [
        b"def broken(:\n",
        b"# coding: latin-17\n",
        b"name = 'F\xe4st'\n",
        b"zero = '\x00'\n",
        b"print 'Python 2'\n",
    ],
)
def test_a_module_that_is_no_valid_python(
    install: "Install", examine: "Examine", source: bytes
) -> None:
    folder = install("swish", SWISH, {"swish.py": source})
    (finding,) = examine()
    assert finding.id == "CF016"
    assert finding.detail.startswith(f"{folder / 'swish.py'}:1 is no valid Python (")


def test_a_package_above_the_module_that_is_no_valid_python(
    install: "Install", examine: "Examine"
) -> None:
    entry_points = "[coreframe.modules]\nSwish = swish.layers:Swish"
    install("swish", entry_points, {"swish/__init__.py": "\n(", "swish/layers.py": LAYER})
    (finding,) = examine()
    assert finding.id == "CF016"
    assert "__init__.py:2 is no valid Python" in finding.detail


@pytest.mark.parametrize(
    "source",
    [
        "# coding: latin-1\nSwish = 'F\xe4st'\n".encode("latin-1"),
        b"\xef\xbb\xbfSwish = 1\n",
        b"Swish = 1\r\nodd = '\\d'\r\n",
        ("Swish = 1\nx = " + "(" * 190 + "1" + ")" * 190).encode(),
        ("Swish = 1\nx = " + "-" * 100_000 + "1").encode(),
    ],
    ids=["latin-1", "mark", "odd escape", "nested", "nested beyond any parser"],
)
def test_odd_but_valid_files_are_no_finding(
    install: "Install", examine: "Examine", source: bytes
) -> None:
    install("swish", SWISH, {"swish.py": source})
    assert examine() == []


def test_a_file_that_nobody_may_read_is_no_finding(
    install: "Install", examine: "Examine", monkeypatch: pytest.MonkeyPatch
) -> None:
    install("swish", SWISH, {"swish.py": "class Other: pass"})

    def refuse(path: Path) -> bytes:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert examine() == []


LOUD = "import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\n"

PROBE = """
import sys
from coreframe.doctor.diagnosis import diagnose
from coreframe.doctor.installation import survey
findings = diagnose(survey())
assert any("loud" in finding.subject for finding in findings), findings
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_nothing_is_imported(install: "Install") -> None:
    folder = install(
        "loud",
        """
        [coreframe.modules]
        Loud = loud.layers:Loud
        [coreframe.commands]
        loud = loud.missing:run
        [coreframe.hooks]
        loud = loud.hooks
        """,
        {
            "loud/__init__.py": LOUD,
            "loud/layers.py": LOUD + "import coreframe.registry\nLoud = 1",
            "loud/hooks.py": LOUD,
        },
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{PROBE}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    imported = set(done.stdout.split())
    assert "coreframe" in imported
    assert not imported & {"torch", "loud", "coreframe_linear", "coreframe_ee559"}
    assert not list(folder.rglob("*.ran"))
