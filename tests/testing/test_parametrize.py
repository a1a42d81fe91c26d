"""parametrize_with_checks: the kit in the pytest run of a plugin."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from coreframe_toys import Affine
from coreframe_unproven import ENTRY_POINTS, UNPROVEN, Flaky, Level, Lopsided, Tilted

from coreframe import ArgumentError, CheckFailed, Example, Registry, UnknownComponent
from coreframe.testing import CHECK_SET, CHECKS, Check, NewCheckFailed, parametrize_with_checks

MODULE_CHECKS = [check.id for check in CHECKS if check.kind == "module"]
GRADIENT = "module.gradient"


def cases(decorator: Callable[[Any], Any]) -> dict[str, Callable[[], None]]:
    """What a test decorated so is called with, by the id that pytest shows."""

    def test(check: Callable[[], None]) -> None: ...

    (mark,) = decorator(test).pytestmark
    names, values = mark.args
    assert names == "check"
    return {value.id: value.values[0] for value in values}


def of_gradient(
    component: type, expected: Mapping[str, str] | None = None, **settings: Any
) -> Callable[[], None]:
    known = None if expected is None else {component.__qualname__: expected}
    found = cases(parametrize_with_checks([component], version=1, expected=known, **settings))
    return found[f"{component.__qualname__}-{GRADIENT}"]


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> str:
    """A check of a later set, which every module fails."""

    def run(example: Example, seed: int, dtype: torch.dtype) -> None:
        raise CheckFailed(f"{example!r}: it is not blue (seed {seed})")

    check = Check("module.blue", "it is blue", run, since=2)
    module = sys.modules[parametrize_with_checks.__module__]
    monkeypatch.setattr(module, "CHECK_SET", 2)
    monkeypatch.setattr(module, "CHECKS", (*CHECKS, check))
    return "Level-module.blue"


def test_there_is_a_case_for_every_check_of_the_kind_of_each_component() -> None:
    found = cases(parametrize_with_checks([Level, Lopsided], version=1))
    losses = [check.id for check in CHECKS if check.kind == "loss"]
    assert list(found) == [
        *(f"Level-{check}" for check in MODULE_CHECKS),
        *(f"Lopsided-{check}" for check in losses),
    ]
    assert repr(found["Level-module.gradient"]) == "module.gradient of Level"


def test_names_are_those_of_the_registry(toys: Registry) -> None:
    toys.register(UNPROVEN)
    found = cases(parametrize_with_checks(["coreframe_unproven.Level"], version=1))
    assert next(iter(found)) == "coreframe_unproven.Level-module.repr"
    found["coreframe_unproven.Level-module.repr"]()
    with pytest.raises(UnknownComponent, match="did you mean Level"):
        parametrize_with_checks(["Levle"], version=1)


def test_a_sound_component_passes() -> None:
    of_gradient(Level)()


@pytest.mark.parametrize("seed", [0, 11])
def test_a_failure_says_which_check_and_what_it_found(seed: int) -> None:
    message = rf"^module\.gradient: Tilted\(4, 3\): the gradient of bias\[2\].*\(seed {seed}\)$"
    with pytest.raises(CheckFailed, match=message):
        of_gradient(Tilted, seed=seed)()
    with pytest.raises(CheckFailed, match=r"^module\.gradient: Flaky\(\): it raised KeyError"):
        of_gradient(Flaky)()


def test_dtype_reaches_the_checks() -> None:
    seen: list[torch.dtype] = []

    def run(example: Example, seed: int, dtype: torch.dtype) -> None:
        seen.append(dtype)

    with pytest.MonkeyPatch.context() as patch:
        module = sys.modules[parametrize_with_checks.__module__]
        patch.setattr(module, "CHECKS", (Check("module.dtype-seen", "it is seen", run),))
        for dtype in (torch.float64, torch.float32):
            (case,) = cases(parametrize_with_checks([Level], version=1, dtype=dtype)).values()
            case()
    assert seen == [torch.float64, torch.float32]


@pytest.mark.parametrize("reason", ["see issue 3", ""])
def test_an_expected_failure_is_an_xfail_with_its_reason(reason: str) -> None:
    with pytest.raises(pytest.xfail.Exception, match=rf"^{reason}: Tilted\(4, 3\): the gradient"):
        of_gradient(Tilted, {GRADIENT: reason})()


@pytest.mark.parametrize("reason", ["see issue 3", ""])
def test_an_expected_failure_that_passes_is_an_error(reason: str) -> None:
    message = rf"module\.gradient of Level was expected to fail \({reason}\), and is now passed"
    with pytest.raises(CheckFailed, match=message):
        of_gradient(Level, {GRADIENT: reason})()


def test_an_expected_failure_that_is_not_tried_is_an_error() -> None:
    expected = {"Level": {"module.known": "wrong numbers"}}
    found = cases(parametrize_with_checks([Level], version=1, expected=expected))
    with pytest.raises(CheckFailed, match="and is now not tried: take it out"):
        found["Level-module.known"]()


def test_what_is_not_tried_is_skipped() -> None:
    found = cases(parametrize_with_checks([Level], version=1))
    with pytest.raises(pytest.skip.Exception, match="no output of it is known"):
        found["Level-module.known"]()


def test_expected_failures_of_a_component_given_twice_hold_for_both() -> None:
    expected = {"Tilted": {GRADIENT: "see issue 3"}}
    decorator = parametrize_with_checks([Tilted, Tilted], version=1, expected=expected)
    with pytest.raises(pytest.xfail.Exception):
        cases(decorator)[f"Tilted-{GRADIENT}"]()


def test_a_newer_check_only_warns(newer: str) -> None:
    case = cases(parametrize_with_checks([Level], version=1))[newer]
    with pytest.warns(
        NewCheckFailed, match=r"^module\.blue: Level\(4, 3\): .* \(seed 0\)$"
    ) as all_:
        case()
    assert [warning.filename for warning in all_] == [__file__]  # the test that called it
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(NewCheckFailed):
            case()


def test_a_newer_check_fails_once_the_version_is_raised(newer: str) -> None:
    case = cases(parametrize_with_checks([Level], version=2))[newer]
    with pytest.raises(CheckFailed, match=r"^module\.blue: "):
        case()


def test_a_newer_check_that_is_expected_to_fail_is_an_xfail(newer: str) -> None:
    expected = {"Level": {"module.blue": "it is red"}}
    case = cases(parametrize_with_checks([Level], version=1, expected=expected))[newer]
    with pytest.raises(pytest.xfail.Exception, match="it is red"):
        case()


@pytest.mark.parametrize("version", [0, -1, CHECK_SET + 1])
def test_a_version_that_does_not_exist_is_an_error(version: int) -> None:
    with pytest.raises(ArgumentError, match=rf"check sets 1 to {CHECK_SET}, not {version}"):
        parametrize_with_checks([Level], version=version)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"Level": {"module.gradeint": ""}}, r"no check of Level has the id module\.gradeint"),
        ({"Level": {"loss.gradient": ""}}, r"no check of Level has the id loss\.gradient"),
        ({"Tilted": {GRADIENT: ""}}, "Tilted is expected to fail, and is not checked"),
        ({"Tilted": {}}, "Tilted is expected to fail, and is not checked"),
    ],
)
def test_an_expected_failure_that_cannot_happen_is_an_error(
    expected: dict[str, dict[str, str]], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        parametrize_with_checks([Level], version=1, expected=expected)


@pytest.mark.parametrize("components", [[], "Level"])
def test_what_would_check_nothing_or_letters_is_an_error(components: Any) -> None:
    with pytest.raises(ArgumentError, match=r"a list like \['Linear'\], not"):
        parametrize_with_checks(components, version=1)


def test_a_component_without_examples_is_told_what_to_add() -> None:
    with pytest.raises(CheckFailed, match="Affine gives no examples to check it with: add"):
        parametrize_with_checks([Affine], version=1)


PLUGIN_TEST = """
from coreframe.testing import parametrize_with_checks

@parametrize_with_checks(["Level", "Tilted"], version=1, expected={expected})
def test_conforms(check):
    check()
"""

NEWER_KIT = """
import sys
from coreframe import CheckFailed
from coreframe.testing import CHECKS, Check, parametrize_with_checks

def run(example, seed, dtype):
    raise CheckFailed(f"{example!r}: it is not blue")

kit = sys.modules[parametrize_with_checks.__module__]
kit.CHECK_SET, kit.CHECKS = 2, (*CHECKS, Check("module.blue", "it is blue", run, since=2))
"""

EXPECTED = {
    "Tilted": {
        "module.gradient": "see issue 3",
        "module.state": "long mended",
    }
}


@pytest.fixture(scope="module")
def plugin_run(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A third party's pytest run, of its three lines, with its plugin installed beside it."""
    folder = tmp_path_factory.mktemp("plugin")
    metadata = folder / "coreframe_unproven-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: coreframe-unproven\nVersion: 1.0\nRequires-Dist: coreframe\n"
    )
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    tests = folder / "tests"
    tests.mkdir()
    (tests / "test_plugin.py").write_text(PLUGIN_TEST.format(expected=EXPECTED))
    (tests / "conftest.py").write_text(NEWER_KIT)
    toys = Path(__file__).parents[1] / "toys"
    code = f"import sys; sys.path[:0] = {[str(folder), str(toys)]}; import pytest; pytest.main()"
    options = ["-W", "error", "-W", "default::coreframe.testing.NewCheckFailed"]
    options += ["-ra", "-p", "no:cacheprovider", "--rootdir", "."]
    command = [sys.executable, "-c", code, *options]
    return subprocess.run(
        command, cwd=tests, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_plugins_own_run_tells_passed_failed_skipped_and_expected_apart(
    plugin_run: subprocess.CompletedProcess[str],
) -> None:
    out = plugin_run.stdout
    assert "FAILED test_plugin.py::test_conforms[Tilted-module.accumulation]" in out
    assert "XFAIL test_plugin.py::test_conforms[Tilted-module.gradient] - see issue 3: " in out
    assert "FAILED test_plugin.py::test_conforms[Tilted-module.state]" in out
    assert "was expected to fail (long mended), and is now passed" in out
    assert "no output of it is known" in out
    assert "FAILED test_plugin.py::test_conforms[Level-" not in out
    warned = out.partition("warnings summary")[2]
    assert "NewCheckFailed: module.blue: Level(4, 3): it is not blue" in warned
    assert warned.count("Warning") == 0


def test_a_failure_in_a_plugins_run_shows_its_own_test_and_no_code_of_the_kit(
    plugin_run: subprocess.CompletedProcess[str],
) -> None:
    _, _, report = plugin_run.stdout.partition("test_conforms[Tilted-module.accumulation]")
    report = report.partition("\n____")[0]
    assert "check = module.accumulation of Tilted" in report
    assert "module.accumulation: Tilted(4, 3): bias[2] is " in report
    assert "run_check(" not in report
