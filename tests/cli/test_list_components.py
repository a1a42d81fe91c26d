"""`coreframe list-components`: what it says, and that it imports nothing to say it."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe, MakeSite

LONG = "Long" * 30


@pytest.fixture(scope="module")
def future(make_site: "MakeSite") -> Path:
    entry_points = f"[coreframe.modules]\n{LONG} = nowhere:{LONG}\n"
    return make_site("future", entry_points, requires="coreframe>=99")


def listed(coreframe: "Coreframe", *args: str, sites: tuple[Path, ...] = ()) -> list[Any]:
    document = json.loads(coreframe("list-components", "--json", *args, sites=sites).stdout)
    assert document.keys() == {"schema", "components"}
    assert document["schema"] == 1
    components: list[Any] = document["components"]
    return components


def test_the_table_has_a_row_for_each_component_with_all_its_columns(
    coreframe: "Coreframe",
) -> None:
    done = coreframe("list-components")
    headings, *rows = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert done.stderr == ""
    assert headings == ["kind", "name", "distribution", "version", "target", "status"]
    assert ["module", "Affine", "coreframe-toys", "1.0", "coreframe_toys:Affine", "ok"] in rows
    assert ["Sequential", "coreframe"] in [row[1:3] for row in rows]
    assert len(rows) == len(listed(coreframe))


def test_json_has_every_field_of_a_record(coreframe: "Coreframe", toys: Path) -> None:
    assert {
        "kind": "loss",
        "name": "SumOfSquares",
        "distribution": "coreframe-toys",
        "version": "1.0",
        "target": "coreframe_toys:SumOfSquares",
        "status": "ok",
        "detail": "",
        "location": str(toys),
        "editable": False,
    } in listed(coreframe)


def test_kind_leaves_out_the_others(coreframe: "Coreframe") -> None:
    names = [component["name"] for component in listed(coreframe, "--kind", "loss")]
    assert "SumOfSquares" in names
    assert "Affine" not in names


def test_a_kind_that_does_not_exist_is_misuse(coreframe: "Coreframe") -> None:
    done = coreframe("list-components", "--kind", "layer")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "'layer' is not one of module, loss, optimizer, dataset, schedule" in done.stderr


def test_a_narrow_terminal_cuts_no_row_of_a_pipe(coreframe: "Coreframe", future: Path) -> None:
    done = coreframe("list-components", sites=[future], env={"COLUMNS": "20"})
    (row,) = [line for line in done.stdout.splitlines() if "Long" in line]
    assert row.split()[:5] == ["module", LONG, "future", "1.0", f"nowhere:{LONG}"]
    assert "incompatible: it needs coreframe>=99" in row


def test_a_component_that_cannot_be_used_says_why(coreframe: "Coreframe", future: Path) -> None:
    (component,) = [c for c in listed(coreframe, sites=(future,)) if c["name"] == LONG]
    assert component["status"] == "incompatible"
    assert "it needs coreframe>=99" in component["detail"]


def test_a_name_that_two_distributions_offer_is_listed_with_both(
    coreframe: "Coreframe", make_site: "MakeSite"
) -> None:
    rival = make_site("rival", "[coreframe.modules]\nAffine = rival:Affine")
    found = [c for c in listed(coreframe, sites=(rival,)) if c["name"] == "Affine"]
    assert [(c["distribution"], c["status"]) for c in found] == [
        ("coreframe-toys", "ambiguous"),
        ("rival", "ambiguous"),
    ]
    assert "write rival.Affine" in found[1]["detail"]


FAULTY_SOURCE = """
import coreframe
from coreframe.cli.app import main

class Faulty:
    @coreframe.hookimpl
    def coreframe_components(self):
        raise OSError("no such folder")

    def __repr__(self):
        return "Faulty"

coreframe.get_registry().register(Faulty())
main()
"""


@pytest.mark.parametrize("args", [[], ["--json"]], ids=" ".join)
def test_a_source_that_fails_is_told_on_stderr(coreframe: "Coreframe", args: list[str]) -> None:
    done = coreframe("list-components", *args, program=[sys.executable, "-c", FAULTY_SOURCE])
    assert done.returncode == 0
    assert done.stdout == coreframe("list-components", *args).stdout
    assert done.stderr == (
        "Warning: the source Faulty offers no components: it raised OSError: no such folder; "
        "report this to its author\n"
    )
