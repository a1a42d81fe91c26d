"""--disable, --only, --prefer, --no-plugins: which plugins a command lets in."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe, MakeSite

LOUD = """
    import sys
    sys.stderr.write("imported\\n")

    from coreframe import Module

    class Affine(Module):
        def forward(self, x):
            return x

        def backward(self, dy):
            return dy

    def shout():
        import os
        print(os.environ.get("COREFRAME_DISABLE"))
"""


@pytest.fixture(scope="module")
def loud(make_site: "MakeSite") -> Path:
    """Offers an Affine beside that of the toys, and a command."""
    return make_site(
        "loud",
        """
        [coreframe.modules]
        Affine = loud:Affine
        [coreframe.commands]
        shout = loud:shout
        """,
        LOUD,
    )


def test_what_is_disabled_is_not_imported_and_no_rival(coreframe: "Coreframe", loud: Path) -> None:
    assert coreframe("show", "Affine", sites=[loud]).returncode == 1  # ambiguous
    done = coreframe("--disable", "loud", "assemble", "Affine(2, 3)", sites=[loud])
    assert (done.returncode, done.stderr) == (0, "")
    done = coreframe("--disable", "loud.Affine", "show", "loud.Affine", sites=[loud])
    assert done.returncode == 1
    assert done.stderr == (
        "Error: module Affine of loud 1.0 cannot be used: --disable (or COREFRAME_DISABLE) "
        "disables loud.Affine\n"
    )


def test_only_those_named_are_let_in(coreframe: "Coreframe", loud: Path) -> None:
    done = coreframe("--only", "loud", "list-components", "--json", sites=[loud])
    rows = json.loads(done.stdout)["components"]
    usable = {row["distribution"] for row in rows if row["status"] == "ok"}
    assert usable == {"coreframe", "loud"}


def test_lists_of_only_narrow_each_other(coreframe: "Coreframe", loud: Path) -> None:
    env = {"COREFRAME_ONLY": "coreframe-toys"}
    done = coreframe("--only", "Affine", "assemble", "Affine(2, 3)", sites=[loud], env=env)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_preference_picks_one_of_two(coreframe: "Coreframe", loud: Path) -> None:
    done = coreframe("--prefer", "coreframe-toys", "show", "Affine", sites=[loud])
    assert "coreframe-toys" in done.stdout
    assert done.stderr == ""


def test_commands_and_the_processes_they_start_see_the_policy(
    coreframe: "Coreframe", loud: Path
) -> None:
    env = {"COREFRAME_DISABLE": "Square"}
    done = coreframe("--disable", "Linear", "shout", sites=[loud], env=env)
    assert done.stdout == "Linear,Square\n"
    done = coreframe("--disable", "shout", "shout", sites=[loud])
    assert "command shout of loud 1.0 cannot be used" in done.stderr
    assert "imported" not in done.stderr


def test_a_name_that_fits_nothing_is_told(coreframe: "Coreframe") -> None:
    done = coreframe("--disable", "Lineer", "list-components")
    assert done.returncode == 0
    assert done.stderr == (
        "Warning: --disable (or COREFRAME_DISABLE) has Lineer, and nothing of this name is "
        "installed\n"
    )


@pytest.mark.parametrize("option", ["--disable", "--only", "--prefer"])
def test_an_option_without_a_name_is_misuse(coreframe: "Coreframe", option: str) -> None:
    done = coreframe(option, " ", "list-components")
    assert done.returncode == 2
    assert "it takes a name" in done.stderr


def test_a_policy_that_cannot_be_read_stops_commands_but_not_help(
    coreframe: "Coreframe", tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("disable = 3\n")
    env = {"COREFRAME_CONFIG": str(tmp_path / "config.toml")}
    done = coreframe("list-components", env=env)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: disable in {tmp_path / 'config.toml'} must be a list")
    helped = coreframe("--help", env=env)
    assert helped.returncode == 0
    assert "list-components" in helped.stdout
    assert helped.stderr.startswith("Warning: disable in ")
    assert coreframe("--version", env=env).returncode == 0
    listed = coreframe("--no-plugins", "list-components", env=env)
    assert listed.returncode == 0
    assert listed.stderr == ""


def test_the_help_knows_the_policy(coreframe: "Coreframe", loud: Path, tmp_path: Path) -> None:
    helped = coreframe("--disable", "loud", "--help", sites=[loud])
    assert "from loud 1.0 (disabled)" in helped.stdout
    (tmp_path / "config.toml").write_text("disable = 3\n")
    env = {"COREFRAME_CONFIG": str(tmp_path / "config.toml")}
    assert coreframe("--no-plugins", "--help", env=env).stderr == ""


def test_checking_all_leaves_out_what_is_disabled(coreframe: "Coreframe", loud: Path) -> None:
    args = ["--only", "coreframe-toys", "check", "--all", "--select", "loss.known", "--json"]
    document = json.loads(coreframe(*args, sites=[loud]).stdout)
    tried = {row["component"] for row in [*document["results"], *document["refused"]]}
    assert tried <= {"Affine", "Square", "SumOfSquares", "Sequential"}
    # Sequential is made of others, which are kept out.
    kept_out = [row for row in document["refused"] if "allows only" in row["detail"]]
    assert {row["component"] for row in kept_out} <= {"Sequential"}


def test_requirements_stand_alone(coreframe: "Coreframe", loud: Path) -> None:
    done = coreframe("list-components", "--requirements", sites=[loud])
    assert "loud==1.0" in done.stdout.splitlines()
    for option in ("--json", "--dynamic"):
        assert coreframe("list-components", "--requirements", option).returncode == 2
