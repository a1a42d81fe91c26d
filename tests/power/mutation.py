"""Mutation: how many mutants of the shipped code the conformance kit kills, by itself.

    python tests/power/mutation.py [PART OF A PATH]

Mutmut changes one thing at a time in a copy of each package; the only tests are the kit's. What
survives must stand in `survivors/`, with a reason.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from survivor import Known, Survivor, known_survivors, unexplained
from targets import ROOT, Function, Target, all_targets

__all__ = ["Row", "run_mutation"]

WORKERS = 2

KILLED = {1, 3}  # a test failed, or pytest itself
TIMED_OUT = {-24, 24, 36, 152, 255}
CRASHED = {-11, -9, -6}
SURVIVED = {0, 33}  # all tests passed, or none reached it

SPINNER = tuple("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

# Examples are made once, when tests are collected, and mutmut does not see which functions that
# runs: so what an example knows is tried on new ones, too.
KIT = """\
import pytest
{imports}from coreframe.testing import CHECKS, parametrize_with_checks, run_checks
COMPONENTS = {components}
KNOWN = [check.id for check in CHECKS if check.id.endswith(".known")]
@parametrize_with_checks(COMPONENTS, version=1)
def test_conforms(check): check()
@pytest.mark.parametrize("component", COMPONENTS)
def test_examples(component):
    for result in run_checks(component, select=KNOWN):
        assert result.status != "failed", result.detail
"""

# The installed packages are editable: a test of those would see no mutant. What torch imports when
# a check first needs it takes a second, which the workers share this way.
ORIGIN = """\
import pathlib, torch._dynamo, {package}
if not pathlib.Path({package}.__file__).is_relative_to(pathlib.Path.cwd()):
    raise ImportError("not the mutated package: " + {package}.__file__)
"""

# What writes an error's text is left alone, where it says so.
# Workers are forked from a server that has run no test: torch's threads do not survive a fork.
SETTINGS = """\
[tool.mutmut]
source_paths = ["{source}"]
only_mutate = {paths}
do_not_mutate_patterns = ['\\braise [A-Z]\\w*\\(']
also_copy = ["conftest.py", {beside}]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-W", "error"]
pytest_add_cli_args_test_selection = ["test_kit.py"]
process_isolation = "forkserver"
use_git_change_detection = false
use_setproctitle = false
"""


@dataclass(frozen=True)
class Row:
    """What became of the mutants of one function.

    Attributes:
        mutants: killed + survived.
        killed: of these, `timed_out` ran into the limit of time, or crashed.
        survived: of these, `equivalent` behave as before.
    """

    file: str
    function: str
    mutants: int
    killed: int
    timed_out: int
    survived: int
    equivalent: int


def run_mutation(part: str = "") -> list[Row]:
    """A row for each function of the packages and files whose path has this part.

    Raises:
        AssertionError: if the survivors are not those of the committed list.
    """
    known = known_survivors()
    targets = [t for t in all_targets() if any(part in f"{t.folder}/{path}" for path in t.paths)]
    rows: list[Row] = []
    survivors: list[Survivor] = []
    for target in targets:
        with tempfile.TemporaryDirectory() as folder:
            for row, found in _mutate(target, Path(folder), known):
                rows.append(row)
                survivors.extend(found)
    tried = {row.file for row in rows}
    differences = unexplained(survivors, [k for k in known if not part or k.file in tried])
    if differences:
        raise AssertionError(f"other mutants survive than are listed\n{differences}")
    return rows


def _mutate(
    target: Target, folder: Path, known: Mapping[Survivor, Known]
) -> Iterator[tuple[Row, list[Survivor]]]:
    source = ROOT / target.folder / target.source
    shutil.copytree(
        source, folder / target.source, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    beside = sorted({name.partition(".")[0] for name in target.components if "." in name})
    for module in beside:
        shutil.copy(Path(__file__).with_name(f"{module}.py"), folder)
    (folder / "pyproject.toml").write_text(
        SETTINGS.format(
            source=target.source.split("/")[0],
            paths=json.dumps(target.paths),
            beside=", ".join(f'"{module}.py"' for module in beside),
        )
    )
    (folder / "conftest.py").write_text(ORIGIN.format(package=target.package))
    components = ", ".join(n if "." in n else repr(n) for n in target.components)
    imports = "".join(f"import {module}\n" for module in beside)
    (folder / "test_kit.py").write_text(KIT.format(imports=imports, components=f"[{components}]"))
    functions = target.functions()
    _mutmut(
        folder, "run", "--max-children", str(WORKERS), *[f"{f.key}__mutmut_*" for f in functions]
    )
    codes: dict[str, int | None] = {}
    for path in target.paths:
        meta = (folder / "mutants" / f"{path}.meta").read_text(encoding="utf-8")
        codes |= json.loads(meta)["exit_code_by_key"]
    for function in functions:
        own = {name: code for name, code in codes.items() if name.startswith(f"{function.key}__")}
        yield _row(target, folder, function, own, known)


def _row(
    target: Target,
    folder: Path,
    function: Function,
    codes: Mapping[str, int | None],
    known: Mapping[Survivor, Known],
) -> tuple[Row, list[Survivor]]:
    unclear = {
        name: code
        for name, code in codes.items()
        if code not in KILLED | TIMED_OUT | CRASHED | SURVIVED
    }
    if unclear:
        raise RuntimeError(f"mutmut came to no verdict: {unclear}")
    file = str((Path(target.folder) / function.file).as_posix())
    found = [
        Survivor(file, function.label, *_change(_mutmut(folder, "show", name)))
        for name, code in codes.items()
        if code in SURVIVED
    ]
    stopped = sum(code in TIMED_OUT | CRASHED for code in codes.values())
    row = Row(
        file=file,
        function=function.label,
        mutants=len(codes),
        killed=len(codes) - len(found),
        timed_out=stopped,
        survived=len(found),
        equivalent=sum(survivor in known and known[survivor].equivalent for survivor in found),
    )
    return row, found


def _mutmut(folder: Path, *arguments: str) -> str:
    # One thread each, and mutmut's own module not run twice, as `-m` would.
    done = subprocess.run(
        [sys.executable, "-c", "from mutmut.__main__ import cli; cli()", *arguments],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if not line.startswith(SPINNER)]
        raise RuntimeError("\n".join(["mutmut failed:", *said, done.stderr]))
    return done.stdout


def _change(diff: str) -> tuple[str, str]:
    """The changed line, before and after."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "#"))]

    def of(sign: str) -> str:
        return " ".join(line[1:].strip() for line in lines if line.startswith(sign))

    return of("-"), of("+")
