"""`coreframe show`: a component's arguments, docstring and origin, or why it cannot be used."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe, MakeSite

SIGNATURE = "Affine(in_size: int, out_size: int, *, gain: float | Sequence[float] = 1.0)"


def test_a_component_is_shown_with_signature_formula_and_origin(
    coreframe: "Coreframe", toys: Path
) -> None:
    done = coreframe("show", "Affine")
    assert done.returncode == 0
    assert done.stderr == ""
    signature, formula, *rest = [line for line in done.stdout.splitlines() if line]
    assert signature == SIGNATURE
    assert formula == "y = x wᵀ + b, dx = dy w, dw = dyᵀ x, db = Σ_batch dy."
    assert (
        rest[0]
        == "Shapes: x (*, in_size) → y (*, out_size), with nothing between batch and features."
    )
    assert [line.split() for line in rest[1:]] == [
        ["kind", "module"],
        ["distribution", "coreframe-toys", "1.0"],
        ["target", "coreframe_toys:Affine"],
        ["location", str(toys)],
    ]


def test_json_of_a_qualified_name(coreframe: "Coreframe", toys: Path) -> None:
    document = json.loads(coreframe("show", "coreframe_toys.Affine", "--json").stdout)
    docstring = document["component"].pop("docstring")
    assert docstring.startswith("y = x wᵀ + b")
    assert document == {
        "schema": 1,
        "component": {
            "kind": "module",
            "name": "Affine",
            "distribution": "coreframe-toys",
            "version": "1.0",
            "target": "coreframe_toys:Affine",
            "status": "ok",
            "detail": "",
            "location": str(toys),
            "editable": False,
            "signature": SIGNATURE,
        },
    }


def test_letters_that_stdout_cannot_hold_are_replaced(coreframe: "Coreframe") -> None:
    done = coreframe("show", "Affine", env={"PYTHONIOENCODING": "latin-1"})
    assert done.returncode == 0
    assert "y = x w? + b" in done.stdout


def test_an_unknown_name_suggests_the_nearest(coreframe: "Coreframe") -> None:
    done = coreframe("show", "Afine")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no installed plugin offers a component named Afine; did you mean" in done.stderr
    assert "Affine" in done.stderr
    assert done.stderr.count("\n") == 1


def test_kind_decides_which_components_are_meant(coreframe: "Coreframe") -> None:
    done = coreframe("show", "Affine", "--kind", "loss")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: Affine is a module, not a loss\n"


def test_a_broken_component_names_distribution_version_and_cause(
    coreframe: "Coreframe", make_site: "MakeSite"
) -> None:
    entry_points = "[coreframe.modules]\nCracked = cracked:Cracked"
    cracked = make_site("cracked", entry_points, "raise OSError('no such\\nglue')")
    done = coreframe("show", "Cracked", sites=[cracked])
    assert (done.returncode, done.stdout) == (1, "")
    assert "module Cracked of cracked 1.0 cannot be used" in done.stderr
    assert "OSError: no such glue" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["", ".", ".Affine", "coreframe_toys."])
def test_what_is_no_name_is_misuse(coreframe: "Coreframe", name: str) -> None:
    done = coreframe("show", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{name!r} is no name like Linear or coreframe_linear.Linear" in done.stderr


def test_a_command_is_told_to_be_one(coreframe: "Coreframe", make_site: "MakeSite") -> None:
    baker = make_site("baker", "[coreframe.commands]\nbake = baker:bake")
    for name in ("bake", "assemble"):
        done = coreframe("show", name, sites=[baker])
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            f"Error: {name} is a command, not a component: run coreframe {name} --help\n"
        )
