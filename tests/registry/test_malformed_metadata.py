"""Malformed metadata: named where it can be, and never in the way of anything else."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coreframe import BrokenPlugin, create, get_registry

if TYPE_CHECKING:
    from tests.registry.conftest import Install


@pytest.mark.parametrize(
    "target", ["swish_module", "swish_module:", ":Swish", "swish-module:Swish", "a b:C", ""]
)
def test_a_target_that_is_no_module_and_class(install: "Install", target: str) -> None:
    install("swish", f"[coreframe.modules]\nSwish = {target}\nFine = fine:Fine")
    with pytest.raises(BrokenPlugin) as error:
        create("module", "Swish")
    assert str(error.value) == (
        f"module Swish of swish 1.0 cannot be used: its entry point {target!r} is not of the form "
        "module:Class; report this to the author of swish"
    )
    assert get_registry().find("Swish").status == "malformed"
    assert get_registry().find("Fine").status == "ok"


def test_a_line_without_an_equals_sign(install: "Install") -> None:
    install("swish", "[coreframe.modules]\nSwish\nFine = fine:Fine")
    assert get_registry().find("Swish").status == "malformed"
    assert get_registry().find("Fine").status == "ok"


@pytest.mark.parametrize("name", ["my-layer", "2d", "class", "a.b", "a b"])
def test_a_name_that_no_spec_can_hold(install: "Install", name: str) -> None:
    install("swish", f"[coreframe.modules]\n{name} = swish:Swish")
    record = get_registry().find(name)
    assert record.status == "malformed"
    assert record.detail == (
        f"its name {name!r} cannot stand in a spec; report this to the author of swish"
    )


def test_a_commands_name_may_have_a_dash(install: "Install") -> None:
    install("swish", "[coreframe.commands]\nplot-runs = swish:plot")
    assert get_registry().find_command("plot-runs").status == "ok"


@pytest.mark.parametrize("name", ["", "plot.runs", "plot runs", "-plot"])
def test_a_commands_name_that_nobody_can_type(install: "Install", name: str) -> None:
    install("swish", f"[coreframe.commands]\n{name} = swish:plot")
    (record,) = [r for r in get_registry().commands() if r.distribution == "swish"]
    assert record.status == "malformed"
    assert record.detail.startswith(f"its name {name!r} cannot be typed as a command")


@pytest.mark.parametrize("target", ["swish_module:Swish", "swish_module : Swish", "a.b:C.D"])
def test_the_forms_that_the_entry_point_standard_allows(install: "Install", target: str) -> None:
    install("swish", f"[coreframe.modules]\nSwish={target}")
    assert get_registry().find("Swish").status == "ok"


def rewrite(folder: Path, file: str, content: bytes) -> None:
    (metadata,) = folder.glob("*.dist-info")
    (metadata / file).write_bytes(content)


def test_metadata_in_another_encoding_is_read_as_far_as_it_goes(install: "Install") -> None:
    folder = install("swish", "")
    rewrite(
        folder, "entry_points.txt", "[coreframe.modules]\nFäst = m:F\nOk = m:O".encode("cp1252")
    )
    rewrite(folder, "METADATA", "Name: swish\nAuthor: Jürgen\nVersion: 2.0\n".encode("cp1252"))
    assert get_registry().find("Ok").source == "swish 2.0"
    listed = {r.name: r.status for r in get_registry().components() if r.distribution == "swish"}
    assert listed == {"F\ufffdst": "malformed", "Ok": "ok"}


def test_entry_points_of_others_may_be_any_bytes(install: "Install") -> None:
    folder = install("other", "")
    rewrite(folder, "entry_points.txt", bytes(range(256)))
    assert "Sequential" in [record.name for record in get_registry().components()]


def test_a_distribution_without_its_metadata_file_stays_listed(install: "Install") -> None:
    for name in ("one", "two"):
        folder = install(name, f"[coreframe.modules]\n{name.title()} = {name}:Layer")
        (metadata,) = folder.glob("*.dist-info")
        (metadata / "METADATA").unlink()
    listed = {r.name: r.distribution for r in get_registry().components()}
    assert listed["One"] == listed["Two"] == "?"


def test_empty_and_missing_entry_points(install: "Install") -> None:
    before = get_registry().components()
    install("empty", "")
    folder = install("none", "")
    (folder / "none-1.0.dist-info" / "entry_points.txt").unlink()
    assert get_registry().components() == before


@pytest.mark.parametrize("requirement", ['coreframe; sys_platform ~= "x"', "coreframe; x == 'y'"])
def test_what_nobody_can_read_costs_its_own_distribution_alone(
    install: "Install", requirement: str
) -> None:
    install("good", "[coreframe.modules]\nGood = good:Good")
    install("odd", "[coreframe.modules]\nOdd = odd:Odd", requires=[requirement])
    registry = get_registry()
    assert registry.find("Good").status == "ok"
    assert registry.faults == []
    if registry.find("Odd").status != "ok":  # some versions of packaging read it
        assert registry.find("Odd").detail.startswith("its metadata cannot be read: ")
        assert registry.find("Odd").detail.endswith("; reinstall odd")
