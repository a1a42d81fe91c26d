"""`coreframe doctor`: what it prints, when it fails, and that it never fails by itself."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe, MakeSite


class Doctor(Protocol):
    """Runs `coreframe doctor` where the folders of `sites` are installed, too."""

    def __call__(
        self,
        *args: str,
        sites: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="module")
def doctor(coreframe: "Coreframe") -> Doctor:
    def run(
        *args: str,
        sites: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        # Without the toys, which take more of the core than a plugin may.
        path = {"PYTHONPATH": os.pathsep.join(map(str, sites))}
        return coreframe("doctor", *args, env={**path, **(env or {})}, program=program)

    return run


@pytest.fixture(scope="module")
def dead(make_site: "MakeSite") -> Path:
    """One error: an entry point whose module is not there."""
    return make_site("dead", "[coreframe.modules]\nDead = dead_layers:Dead")


@pytest.fixture(scope="module")
def careless(make_site: "MakeSite") -> Path:
    """One warning: no requirement on coreframe."""
    source = "def careless(): print('run')\n"
    entry_points = "[coreframe.commands]\ncareless = careless:careless"
    return make_site("careless", entry_points, source, requires="torch")


def test_a_sound_installation(doctor: Doctor) -> None:
    done = doctor()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "nothing was found\n"


def test_json_has_every_field_of_a_finding(doctor: Doctor, dead: Path) -> None:
    document = json.loads(doctor("--json", sites=[dead]).stdout)
    assert document.keys() == {"schema", "passed", "findings"}
    assert (document["schema"], document["passed"]) == (1, False)
    (finding,) = document["findings"]
    assert finding.pop("detail").startswith("there is no module dead_layers, and its entry point")
    assert finding == {"id": "CF001", "level": "error", "subject": "module Dead of dead 1.0"}


def test_the_table_ends_with_a_summary(doctor: Doctor, dead: Path, careless: Path) -> None:
    done = doctor(sites=[dead, careless])
    assert (done.returncode, done.stderr) == (1, "")
    headings, first, second, empty, summary = done.stdout.splitlines()
    assert headings.split() == ["id", "level", "what", "detail"]
    assert first.split()[:6] == ["CF001", "error", "module", "Dead", "of", "dead"]
    assert second.split()[:4] == ["CF014", "warning", "careless", "1.0"]
    assert (empty, summary) == ("", "1 error, 1 warning")


@pytest.mark.parametrize(
    ("level", "of_a_warning", "of_an_error"),
    [("error", 0, 1), ("warning", 1, 1), ("info", 1, 1), ("never", 0, 0)],
)
def test_the_level_from_which_on_it_fails(
    doctor: Doctor,
    dead: Path,
    careless: Path,
    level: str,
    of_a_warning: int,
    of_an_error: int,
) -> None:
    for site, status in ((careless, of_a_warning), (dead, of_an_error)):
        done = doctor("--json", "--fail-level", level, sites=[site])
        assert done.returncode == status
        assert json.loads(done.stdout)["passed"] == (status == 0)


@pytest.mark.parametrize(
    "args", [["--fail-level", "bad"], ["--timeout", "0"], ["--timeout", "soon"], ["Linear"]]
)
def test_misuse(doctor: Doctor, args: list[str]) -> None:
    done = doctor(*args)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_policy_that_cannot_be_read_is_a_finding(
    doctor: Doctor, tmp_path: Path, dead: Path
) -> None:
    (tmp_path / "config.toml").write_text("disable = 3")
    done = doctor(sites=[dead], env={"COREFRAME_CONFIG": str(tmp_path / "config.toml")})
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == ["CF001", "CF015"]


def test_without_plugins_it_tells_that_they_are_disabled(doctor: Doctor, dead: Path) -> None:
    done = doctor(sites=[dead], env={"COREFRAME_NO_PLUGINS": "1"})
    assert done.returncode == 0
    assert {line.split()[0] for line in done.stdout.splitlines()[1:-2]} == {"CF011"}


IMPORTED = """
import json, sys
from coreframe.cli.app import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def test_it_imports_neither_torch_nor_a_plugin(doctor: Doctor, careless: Path) -> None:
    done = doctor(sites=[careless], program=[sys.executable, "-c", IMPORTED])
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert "CF014" in done.stdout
    assert "typer" in loaded
    assert not loaded & {"torch", "careless", "coreframe.assembly"}
    assert not [name for name in loaded if name.startswith("coreframe_")]


def test_imports_are_tried_on_demand(script: Path, make_site: "MakeSite", tmp_path: Path) -> None:
    """Beside nothing but the core, since each of the others would take its second, too."""
    broken = make_site(
        "broken", "[coreframe.commands]\nbroken = broken:run", "import torch_\ndef run(): ..."
    )
    code = (
        "import sys; import coreframe.doctor.installation as i; survey = i.survey\n"
        "from dataclasses import replace\n"
        "def alone():\n"
        "    whole = survey()\n"
        "    own = [r for r in whole.records if r.distribution == 'broken']\n"
        "    return replace(whole, records=tuple(own))\n"
        "i.survey = alone\n"
        "from coreframe.cli.app import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor", "--imports", "--timeout", "50"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(broken), "PATH": str(script.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "importing 1 component, in a process of its own\n"
    assert done.returncode == 1
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("CF")]
    assert row.split()[:3] == ["CF020", "error", "command"]
    assert "loading broken:run raised ModuleNotFoundError: No module named 'torch_'" in row
