"""Statuses: what the registry says of records becomes findings."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.doctor.conftest import Examine, Install

LAYER = {"swish.py": "class Swish: pass\nclass Other: pass"}


def test_a_malformed_entry_point(install: "Install", examine: "Examine") -> None:
    install("swish", "[coreframe.modules]\nOther = swish\nSwish = swish:Swish", LAYER)
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF003", "module Other of swish 1.0")
    assert finding.detail == (
        "its entry point 'swish' is not of the form module:Class; "
        "report this to the author of swish"
    )


def test_one_name_offered_twice_by_one_distribution_is_malformed(
    install: "Install", examine: "Examine"
) -> None:
    install("swish", "[coreframe.modules]\nSwish = swish:Swish\nSwish = swish:Other", LAYER)
    assert [finding.id for finding in examine()] == ["CF003"]


def test_an_incompatible_distribution(install: "Install", examine: "Examine") -> None:
    entry_points = "[coreframe.modules]\nSwish = gone:Swish"
    install("swish", entry_points, requires=["coreframe>=99"])
    (finding,) = examine()  # its target is of no interest
    assert finding.id == "CF004"
    assert finding.detail.startswith("it needs coreframe>=99, and this is coreframe ")


def test_an_ambiguous_name_is_one_finding_that_names_all(
    install: "Install", examine: "Examine"
) -> None:
    for name in ("one", "two"):
        install(name, f"[coreframe.modules]\nSwish = {name}:Swish", {f"{name}.py": "Swish = 1"})
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF005", "module Swish")
    assert finding.detail == (
        "one 1.0 (one:Swish) and two 1.0 (two:Swish) offer it: write one.Swish or two.Swish, "
        "prefer one, or uninstall all but one"
    )


def test_a_preference_settles_it(
    install: "Install", examine: "Examine", monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        install(name, f"[coreframe.modules]\nSwish = {name}:Swish", {f"{name}.py": "Swish = 1"})
    monkeypatch.setenv("COREFRAME_PREFER", "two")
    assert examine() == []


def test_one_name_of_two_kinds_or_of_hooks_is_not_ambiguous(
    install: "Install", examine: "Examine"
) -> None:
    install(
        "one", "[coreframe.modules]\nA = one:A\n[coreframe.losses]\nA = one:A", {"one.py": "A=1"}
    )
    for name in ("two", "three"):
        install(name, f"[coreframe.hooks]\nboard = {name}", {f"{name}.py": ""})
    assert examine() == []


def test_what_the_policy_disables_is_told_and_not_looked_into(
    install: "Install", examine: "Examine", monkeypatch: pytest.MonkeyPatch
) -> None:
    install("swish", "[coreframe.modules]\nSwish = gone:Swish\nOther = swish:Other", LAYER)
    monkeypatch.setenv("COREFRAME_DISABLE", "swish.Swish")
    (finding,) = examine()
    assert (finding.id, finding.level) == ("CF011", "info")
    assert "(or COREFRAME_DISABLE) disables swish.Swish" in finding.detail
