"""Plugins of third parties: built, installed and removed by pip, with no change to the core."""

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Environment, MakeEnvironment, MakePlugin

SWISH = '''
    """Swish, by someone else."""

    from coreframe import Module


    class Swish(Module):
        """y = x S(x),  dx = dy (S(x) + y (1 - S(x)))"""

        def forward(self, x):
            slope = x.sigmoid()
            y = x * slope
            self.save(slope, y)
            return y

        def backward(self, dy):
            slope, y = self.saved()
            return dy * (slope + y * (1 - slope))

        def output_shape(self, input_shape):
            return input_shape
'''


@pytest.fixture(scope="module")
def made(environment: "MakeEnvironment") -> "Environment":
    """The core and Linear; each test removes what it installs."""
    return environment("coreframe", "coreframe-linear")


def statuses(environment: "Environment") -> dict[str, str]:
    """The status of each component, by distribution and name."""
    result = environment.run("coreframe", "list-components", "--json")
    assert result.returncode == 0, result.stderr
    components = json.loads(result.stdout)["components"]
    return {f"{c['distribution']} {c['name']}": c["status"] for c in components}


OURS = {
    "coreframe Sequential": "ok",
    "coreframe-linear Linear": "ok",
    "coreframe-linear PaddedLinear": "ok",
}


def test_a_new_plugin_is_listed_assembles_and_is_gone_when_uninstalled(
    made: "Environment", plugin_wheel: "MakePlugin"
) -> None:
    made.install(plugin_wheel("swish-layer", SWISH, {"Swish": "Swish"}))
    assert statuses(made) == OURS | {"swish-layer Swish": "ok"}
    out = made.python(
        "import torch, coreframe as cf\n"
        "model = cf.assemble(['Linear(2, 3)', 'Swish', 'Linear(3, 1)'], seeds=[0, 1])\n"
        "x = torch.ones(2, 5, 2)\n"
        "y = model.forward(x)\n"
        "print(model, tuple(model.backward(torch.ones_like(y)).shape))\n"
    )
    assert out == "Sequential(Linear(2, 3), Swish(), Linear(3, 1)) (2, 5, 2)"
    table = made.run("coreframe", "assemble", "Linear(2, 3)", "Swish")
    assert "Swish()" in table.stdout

    made.uninstall("swish-layer")
    assert statuses(made) == OURS
    gone = made.run("coreframe", "assemble", "Swish")
    assert gone.returncode == 1
    assert "no installed plugin offers a module named Swish" in gone.stderr


def test_two_that_offer_one_name_make_that_name_ambiguous_and_no_other(
    made: "Environment", plugin_wheel: "MakePlugin"
) -> None:
    made.install(
        plugin_wheel("swish-one", SWISH, {"Swish": "Swish", "OneSwish": "Swish"}),
        plugin_wheel("swish-two", SWISH, {"Swish": "Swish"}),
    )
    assert statuses(made) == OURS | {
        "swish-one OneSwish": "ok",
        "swish-one Swish": "ambiguous",
        "swish-two Swish": "ambiguous",
    }
    refused = made.run("coreframe", "assemble", "Swish")
    assert refused.returncode == 1
    message = " ".join(refused.stderr.split())
    assert "offered by swish-one 1.0" in message
    assert "and swish-two 1.0" in message
    assert "write swish_one.Swish or swish_two.Swish" in message
    picked = made.run("coreframe", "assemble", "swish_two.Swish", "OneSwish", "Linear(2, 3)")
    assert picked.returncode == 0, picked.stderr

    made.uninstall("swish-one")
    assert statuses(made) == OURS | {"swish-two Swish": "ok"}
    made.uninstall("swish-two")


def test_one_that_cannot_be_imported_stays_listed_and_stops_nothing(
    made: "Environment", plugin_wheel: "MakePlugin"
) -> None:
    source = "raise OSError('libswish.so: not found')"
    made.install(plugin_wheel("swish-broken", source, {"Swish": "Swish"}))
    assert statuses(made) == OURS | {"swish-broken Swish": "ok"}  # metadata cannot show more
    refused = made.run("coreframe", "assemble", "Linear(2, 3)", "Swish")
    assert refused.returncode == 1
    assert refused.stdout == ""
    message = " ".join(refused.stderr.split())
    assert "module Swish of swish-broken 1.0 cannot be used" in message
    assert "OSError: libswish.so: not found" in message
    assert "Traceback" not in message
    assert made.run("coreframe", "assemble", "Linear(2, 3)").returncode == 0
    assert made.run("coreframe", "--version").returncode == 0
    made.uninstall("swish-broken")
