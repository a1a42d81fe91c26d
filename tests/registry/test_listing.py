"""Listing: what metadata proves, without importing anything."""

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from coreframe import ArgumentError, build_registry, get_registry, reset_registry

if TYPE_CHECKING:
    from tests.registry.conftest import Install

ONE_OF_EACH = """
    [console_scripts]
    swish-tool = swish:main

    [coreframe.modules]
    Swish = swish.layers:Swish

    [coreframe.losses]
    # a comment
    Hinge=swish:Hinge

    [coreframe.optimizers]
    Nudge = swish:Nudge

    [coreframe.datasets]
    Ponds = swish:Ponds

    [coreframe.schedules]
    Dusk = swish:Dusk

    [coreframe.commands]
    tides = swish:tides

    [coreframe.something_else]
    Other = swish:Other
"""


def test_every_kind_is_listed_with_where_it_comes_from(install: "Install") -> None:
    install("swish-plugin", ONE_OF_EACH, version="2.5")
    found = [r for r in get_registry().components() if r.distribution == "swish-plugin"]
    assert [(r.kind, r.name, r.version, r.target, r.status) for r in found] == [
        ("module", "Swish", "2.5", "swish.layers:Swish", "ok"),
        ("loss", "Hinge", "2.5", "swish:Hinge", "ok"),
        ("optimizer", "Nudge", "2.5", "swish:Nudge", "ok"),
        ("dataset", "Ponds", "2.5", "swish:Ponds", "ok"),
        ("schedule", "Dusk", "2.5", "swish:Dusk", "ok"),
    ]


def test_one_kind_is_listed_alone(install: "Install") -> None:
    install("swish-plugin", ONE_OF_EACH)
    kinds = {record.kind for record in get_registry().components("loss")}
    assert kinds == {"loss"}


def test_components_of_a_kind_stand_by_name(install: "Install") -> None:
    install("z", "[coreframe.modules]\nAaa = z:Aaa\nZzz = z:Zzz")
    install("a", "[coreframe.modules]\nMmm = a:Mmm")
    names = [record.name for record in get_registry().components("module")]
    assert names == sorted(names)
    assert {"Aaa", "Mmm", "Zzz"} <= set(names)


def test_commands_are_no_components(install: "Install") -> None:
    install("swish-plugin", ONE_OF_EACH)
    registry = get_registry()
    assert "tides" not in [record.name for record in registry.components()]
    assert "tides" in [record.name for record in registry.commands()]
    assert registry.find_command("tides").target == "swish:tides"


def test_a_kind_that_does_not_exist_is_an_error_that_lists_the_kinds() -> None:
    with pytest.raises(ArgumentError) as error:
        get_registry().components("layer")
    assert str(error.value) == (
        "there is no kind 'layer'; the kinds are module, loss, optimizer, dataset, schedule"
    )


def test_a_command_is_no_kind() -> None:
    with pytest.raises(ArgumentError, match="there is no kind 'command'"):
        get_registry().find("tides", kind="command")


def test_listing_and_finding_import_nothing(install: "Install") -> None:
    folder = install(
        "swish-plugin",
        "[coreframe.modules]\nSwish = swish_module:Swish",
        {"swish_module": "raise RuntimeError('imported')"},
    )
    script = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "from coreframe.registry.registry import get_registry\n"
        "assert 'Swish' in [r.name for r in get_registry().components()]\n"
        "get_registry().commands()\n"
        "get_registry().find('Swish', kind='module')\n"
        "wrong = {'torch', 'swish_module', 'typer', 'rich', 'numpy'} & set(sys.modules)\n"
        "plugins = [name for name in sys.modules if name.startswith('coreframe_')]\n"
        "assert not wrong and not plugins, (wrong, plugins)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_loading_imports_that_component_alone(install: "Install") -> None:
    install(
        "two",
        "[coreframe.modules]\nGood = good_half:Good\nBad = bad_half:Bad",
        {"good_half": "class Good: pass", "bad_half": "raise RuntimeError"},
    )
    registry = get_registry()
    assert registry.load(registry.find("Good")).__name__ == "Good"
    assert "bad_half" not in sys.modules


def test_the_default_registry_is_built_once_and_can_be_reset(install: "Install") -> None:
    first = get_registry()
    assert get_registry() is first
    first.components()  # reads what is installed
    folder = install("late", "[coreframe.modules]\nLate = late:Late")  # resets
    assert get_registry() is not first
    assert get_registry().find("Late").distribution == "late"
    (folder / "late-1.0.dist-info" / "entry_points.txt").unlink()
    assert get_registry().find("Late").distribution == "late"  # cached
    reset_registry()
    assert "Late" not in [record.name for record in get_registry().components()]


def test_a_registry_of_ones_own_does_not_change_the_default() -> None:
    assert build_registry() is not get_registry()
    assert build_registry().components() == get_registry().components()
