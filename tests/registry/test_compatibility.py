"""Compatibility: whether a distribution's requirement admits this coreframe, before import."""

import sys
from typing import TYPE_CHECKING

import pytest

from coreframe import BrokenPlugin, __version__, create, get_registry

if TYPE_CHECKING:
    from tests.registry.conftest import Install


def status_of(install: "Install", *requires: str) -> str:
    install("swish", "[coreframe.modules]\nSwish = swish_module:Swish", requires=requires)
    return get_registry().find("Swish").status


@pytest.mark.parametrize(
    "requirement",
    [
        "coreframe",
        "coreframe>=0.0.1",
        "coreframe (<1000)",
        "CoreFrame>=0.0.1",
        "coreframe[standard]>=0.0.1",
        "coreframe>=999; extra == 'other'",
        "coreframe>=999; python_version < '3'",
        "coreframe-linear>=999",
        "torch>=999",
        "coreframe ~~ what",
    ],
)
def test_a_requirement_that_admits_this_version(install: "Install", requirement: str) -> None:
    assert status_of(install, requirement) == "ok"


@pytest.mark.parametrize(
    "requirement", ["coreframe>=999", "coreframe <0.0.1", "coreframe[standard] ==999.*"]
)
def test_a_requirement_that_does_not(install: "Install", requirement: str) -> None:
    assert status_of(install, "torch>=2", requirement) == "incompatible"


def test_without_requirements_it_is_taken_to_fit(install: "Install") -> None:
    assert status_of(install) == "ok"


def test_an_incompatible_component_says_so_and_is_never_imported(install: "Install") -> None:
    install(
        "swish",
        "[coreframe.modules]\nSwish = swish_module:Swish",
        {"swish_module": "raise RuntimeError('imported')"},
        requires=["coreframe>=999"],
    )
    with pytest.raises(BrokenPlugin) as error:
        create("module", "Swish")
    assert str(error.value) == (
        "module Swish of swish 1.0 cannot be used: it needs coreframe>=999, and this is "
        f"coreframe {__version__}; install a version of it that fits"
    )
    assert "swish_module" not in sys.modules
