"""run_checks: all shipped components pass it, and what it says of one that does not."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Square
from coreframe_unproven import UNPROVEN, Flaky, Level, Tilted

from coreframe import ArgumentError, CheckFailed, Example, Registry
from coreframe.registry.registry import build_registry
from coreframe.testing import CHECK_SET, CHECKS, run_checks

INSTALLED = find_spec("coreframe_linear") is not None
SHIPPED = [
    (record.kind, record.qualified)
    for record in build_registry().components()
    if INSTALLED and record.distribution.startswith("coreframe")
]


def expect_conforming(kind: str, name: str, seed: int, dtype: torch.dtype) -> None:
    results = list(run_checks(name, kind=kind, seed=seed, dtype=dtype))
    assert len(results) == sum(check.kind == kind for check in CHECKS)
    assert [result.detail for result in results if result.status == "failed"] == []
    assert any(result.status == "passed" for result in results)


# Each package runs the whole kit on its own components, in float64 and from seed 0.
@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_shipped_components_conform_in_float32(kind: str, name: str) -> None:
    expect_conforming(kind, name, 1, torch.float32)


@pytest.mark.long
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_shipped_components_conform_whatever_the_seed(kind: str, name: str, seed: int) -> None:
    expect_conforming(kind, name, seed, torch.float64)


def test_the_largest_seed_of_the_command_line_is_one(toys: Registry) -> None:
    toys.register(UNPROVEN)
    for name in ("Level", "Score", "Momentum", "Cloud", "Decline"):
        raised = [r.detail for r in run_checks(name, seed=2**32 - 1) if "it raised" in r.detail]
        assert raised == []


def test_ids_are_kinds_and_names_and_unique() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    assert {check.kind for check in CHECKS} == {
        "module",
        "loss",
        "optimizer",
        "dataset",
        "schedule",
    }
    assert all(1 <= check.since <= CHECK_SET for check in CHECKS)
    assert all(check.shows for check in CHECKS)


def test_the_checks_of_its_kind_are_run_in_the_order_of_the_kit() -> None:
    ids = [result.check for result in run_checks(Level)]
    assert ids == [check.id for check in CHECKS if check.kind == "module"]


def test_select_and_ignore_take_ids_and_their_beginnings() -> None:
    def ids(select: list[str], ignore: list[str]) -> set[str]:
        return {result.check for result in run_checks(Level, select=select, ignore=ignore)}

    assert ids(["module.state", "loss."], []) == {"module.state"}
    assert ids(["module."], ["module.gradient"]) == ids([], ["module.gradient", "loss."])
    assert ids(["module.state", "module.repr"], ["module.state"]) == {"module.repr"}
    assert ids([], ["module."]) == set()


@pytest.mark.parametrize("pattern", ["module", "gradient", "Module.gradient", "module.grad", ""])
@pytest.mark.parametrize("option", ["select", "ignore"])
def test_an_id_that_no_check_has_is_an_error(option: str, pattern: str) -> None:
    with pytest.raises(ArgumentError, match=rf"no check has the id '{pattern}'; there are module"):
        list(run_checks(Level, **{option: [pattern]}))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_a_seed_decides_every_result(dtype: torch.dtype) -> None:
    runs = [list(run_checks(Tilted, seed=seed, dtype=dtype)) for seed in (4, 4, 5)]
    assert runs[0] == runs[1]
    assert [r.status for r in runs[0]] == [r.status for r in runs[2]]
    assert [r.measure for r in runs[0]] != [r.measure for r in runs[2]]


def test_results_do_not_hang_on_torchs_own_generator() -> None:
    runs = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        runs.append(list(run_checks(Level)))
    assert runs[0] == runs[1]


def test_checking_leaves_torchs_own_generator_as_it_was() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    list(run_checks(Level))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_failure_says_of_what_where_and_how_to_repeat_it() -> None:
    (result,) = run_checks(Tilted, select=["module.gradient"], seed=9)
    assert (result.component, result.status, result.passed, result.seed) == (
        "Tilted",
        "failed",
        False,
        9,
    )
    assert result.detail.startswith("Tilted(4, 3): the gradient of bias[2] is ")
    assert result.detail.endswith(" (seed 9)")


def test_an_exception_that_no_check_expects_is_named() -> None:
    (result,) = run_checks(Flaky, select=["module.layout"])
    assert result.status == "failed"
    assert result.detail == "Flaky(): it raised KeyError: 'scale' (seed 0)"


def test_a_component_without_examples_is_told_what_to_add() -> None:
    with pytest.raises(CheckFailed, match=r"Affine gives no examples .* \[Example\(Affine\("):
        list(run_checks(Affine))


class Strange(Square):
    """Its examples come from a generator; what else is strange about it, each test says."""

    @classmethod
    def examples(cls) -> Any:
        yield Example(cls(), (3,))


def test_examples_may_come_from_a_generator() -> None:
    (result,) = run_checks(Strange, select=["module.gradient"])
    assert result.status == "passed"


def test_examples_that_raise_are_named() -> None:
    class NoExamples(Square):
        @classmethod
        def examples(cls) -> list[Example]:
            raise ValueError

    with pytest.raises(CheckFailed, match=r"examples\(\) of .*NoExamples raised ValueError$"):
        list(run_checks(NoExamples))


@pytest.mark.parametrize("error", [SystemExit(3), ValueError(), RuntimeError("one\ntwo")], ids=repr)
def test_whatever_a_component_raises_is_a_finding(error: BaseException) -> None:
    class Raises(Strange):
        def forward(self, x: Any) -> Any:
            raise error

        def __repr__(self) -> str:
            raise KeyError("no name")

    (result,) = run_checks(Raises, select=["module.gradient"])
    assert result.status == "failed"
    assert "an example whose repr raised KeyError: 'no name': it raised" in result.detail
    assert result.detail.endswith("(seed 0)")


def test_one_id_is_no_list() -> None:
    with pytest.raises(ArgumentError, match="take a list of ids"):
        list(run_checks(Strange, select="module.repr"))
