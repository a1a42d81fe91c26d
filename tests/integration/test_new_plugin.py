"""`coreframe new-plugin`: what it writes installs, is listed and passes its own tests, unedited.

The names bring the odd cases, too: a word of Python's, a package of another name, a command of
two words.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coreframe.testing import CHECKS

if TYPE_CHECKING:
    from tests.integration.conftest import BuildWheel, Environment, MakeEnvironment

ROOT = Path(__file__).parents[2]

NAMES = {
    "module": "Lambda",
    "loss": "LogCosh",
    "optimizer": "HeavyBall",
    "dataset": "Clouds",
    "schedule": "Line",
    "command": "count-all",
}
PACKAGES = {
    "module": "coreframe-lambda",
    "loss": "coreframe-log-cosh",
    "optimizer": "coreframe-heavy-ball",
    "dataset": "coreframe-clouds",
    "schedule": "Falling.Rates",
    "command": "coreframe-count-all",
}
COMPONENTS = [kind for kind in NAMES if kind != "command"]

COUNTS = re.compile(r"(\d+) passed(?:, (\d+) skipped)? in")


@dataclass(frozen=True)
class Made:
    """New plugins of every kind, installed, and the folder that they were written into."""

    environment: "Environment"
    folder: Path


@pytest.fixture(scope="module")
def made(environment: "MakeEnvironment", wheel_of: "BuildWheel") -> Made:
    # The base plugins are for the code of the READMEs alone.
    base = ("linear", "activations", "losses", "optimizers")
    new = environment("coreframe", *(f"coreframe-{name}" for name in base))
    for kind, name in NAMES.items():
        options = ["--package", PACKAGES[kind]] if kind == "schedule" else []
        done = new.run("coreframe", "new-plugin", name, "--kind", kind, *options)
        assert done.returncode == 0, done.stderr
    new.install(*(wheel_of(new.work / package) for package in PACKAGES.values()))
    return Made(new, new.work)


def test_they_are_listed_and_imported_by_nobody(made: Made) -> None:
    done = made.environment.run("coreframe", "list-components", "--json")
    assert done.returncode == 0, done.stderr
    listed = {
        (component["kind"], component["name"], component["distribution"], component["status"])
        for component in json.loads(done.stdout)["components"]
    }
    assert {(kind, NAMES[kind], PACKAGES[kind], "ok") for kind in COMPONENTS} <= listed


@pytest.mark.parametrize("kind", COMPONENTS)
def test_each_is_shown_with_its_formula(made: Made, kind: str) -> None:
    done = made.environment.run("coreframe", "show", NAMES[kind])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{NAMES[kind]}(")
    assert re.search("[=←]", done.stdout.partition("\n")[2])
    assert f"distribution  {PACKAGES[kind]} 0.1.0" in done.stdout


def test_every_check_of_the_kit_passes_or_has_nothing_to_try(made: Made) -> None:
    names = [NAMES[kind] for kind in COMPONENTS]
    done = made.environment.run("coreframe", "check", "--json", *names)
    assert (done.returncode, done.stderr) == (0, "")
    statuses = {
        (result["component"], result["check"]): result["status"]
        for result in json.loads(done.stdout)["results"]
    }
    assert len(statuses) == len(CHECKS)
    untried = {check for (_, check), status in statuses.items() if status != "passed"}
    # They have no such argument, and declare nothing.
    assert untried == {"module.settings", "module.elementwise", "optimizer.overrides"}


@pytest.mark.long
@pytest.mark.parametrize("kind", NAMES)
def test_each_passes_its_own_tests_with_warnings_as_errors(made: Made, kind: str) -> None:
    folder = made.folder / PACKAGES[kind]
    done = made.environment.run("python", "-m", "pytest", "-p", "no:cacheprovider", str(folder))
    assert done.returncode == 0, done.stdout
    assert f"rootdir: {folder}\nconfigfile: pyproject.toml\n" in done.stdout
    assert 'filterwarnings = [\n    "error",' in (folder / "pyproject.toml").read_text()
    passed, skipped = COUNTS.findall(done.stdout)[0]
    checks = sum(check.kind == kind for check in CHECKS)
    assert int(passed) + int(skipped or 0) == checks + (2 if kind == "command" else 1)


def test_the_command_runs(made: Made) -> None:
    done = made.environment.run("coreframe", "count-all")
    assert (done.returncode, done.stderr) == (0, "")
    assert "schedule  1\n" in done.stdout
    assert "from coreframe-count-all 0.1.0" in made.environment.run("coreframe", "--help").stdout


def test_the_code_of_their_readmes_runs(made: Made) -> None:
    blocks = [
        block
        for kind in COMPONENTS
        for block in re.findall(
            r"```python\n(.*?)```",
            (made.folder / PACKAGES[kind] / "README.md").read_text(encoding="utf-8"),
            re.DOTALL,
        )
    ]
    assert len(blocks) == len(COMPONENTS)
    made.environment.python("\n".join(blocks))


def test_their_sources_pass_the_linters_of_this_repository(made: Made) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    for command in (["check", *config], ["format", "--check", *config]):
        done = subprocess.run(
            [*ruff, *command], cwd=made.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.long
@pytest.mark.parametrize("kind", NAMES)
def test_each_is_typed(made: Made, kind: str) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "src", "tests"]
    done = subprocess.run(
        command, cwd=made.folder / PACKAGES[kind], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
