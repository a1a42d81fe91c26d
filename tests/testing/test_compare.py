"""compare: what two components of one kind compute on the same seeds and inputs."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import pytest
from coreframe_unproven import UNPROVEN

from coreframe import ArgumentError, CheckFailed, Registry, SpecError, UnknownComponent
from coreframe.testing import Compared, compare


@pytest.fixture(autouse=True)
def unproven(toys: Registry) -> None:
    toys.register(UNPROVEN)


def rows(
    first: str, second: str, inputs: Sequence[Sequence[int]] | None = None, *, seed: int = 0
) -> dict[str, Compared]:
    return {row.what: row for row in compare(first, second, inputs=inputs, seed=seed).rows}


@pytest.mark.parametrize(
    "name", ["Level", "Sine", "Paired", "Distance", "Score", "Momentum", "Cloud", "Decline"]
)
def test_a_component_equals_itself(name: str) -> None:
    comparison = compare(name, name)
    assert comparison.first == comparison.second
    assert comparison.rows
    assert all((row.difference, row.where) == (0.0, "") for row in comparison.rows)


@pytest.mark.parametrize("seed", [0, 5])
def test_modules_of_the_same_parameters_get_the_same_values(seed: int) -> None:
    differing = [row for row in rows("Level", "Tilted", seed=seed).values() if row.difference]
    assert [row.what for row in differing] == ["the gradient of bias"]
    assert differing[0].where.startswith("the gradient of bias[2] is ")


def test_differences_are_relative_to_the_largest_number_of_the_first() -> None:
    found = rows("Distance", "Lopsided")
    assert found["the loss"].difference == 0
    assert found["dpred"].difference == pytest.approx(0.01)


def test_a_schedule_is_compared_step_by_step() -> None:
    (row,) = rows("Decline", "Cut").values()
    assert row == Compared(row.what, 0.5, "the factor of 100 steps[50] is 0, not 0.5")


def test_optimizers_are_compared_after_steps_on_the_same_gradients() -> None:
    assert not any(
        row.difference for row in rows("Momentum", "Momentum(lr=0.1, momentum=0.5)").values()
    )
    faster = rows("Momentum(lr=0.1)", "Momentum(lr=0.2)")
    assert all(row.difference > 0 for row in faster.values())
    assert all(row.difference > 0 for row in rows("Momentum", "Drift").values())


def test_of_datasets_every_split_is_compared() -> None:
    found = rows("Cloud(20)", "Cloud(20, seed=1)")
    assert found.keys() >= {
        f"{what} of {of}" for what in ("inputs", "targets") for of in ("train", "test")
    }
    assert all(row.difference > 0 for row in found.values())


def test_data_of_other_sizes_differ_by_their_shape() -> None:
    row = rows("Cloud(20)", "Cloud(30)")["inputs of train"]
    assert row == Compared(row.what, inf, "inputs of train has shape (30, 2), not (20, 2)")


def test_what_is_not_a_number_differs_from_what_is() -> None:
    found = rows("Sine", "Undefined")
    assert found["y"].difference == inf
    assert "is nan, not " in found["y"].where
    assert not rows("Undefined", "Undefined")["y"].difference


def test_a_spec_needs_no_examples_where_the_inputs_are_given() -> None:
    assert not any(row.difference for row in rows("Affine(2, 3)", "Affine(2, 3)", [[2]]).values())


def test_a_spec_takes_the_inputs_of_the_other_ones_example() -> None:
    assert rows("Level", "Affine(4, 3)")["y"].difference == 0


def test_inputs_in_other_shapes_stay_what_they_are() -> None:
    assert rows("Score", "Score", [[5], []])["dpred"].difference == 0  # indices, not normals


def test_specs_are_read_as_they_are_everywhere() -> None:
    pytest.importorskip("coreframe_linear")  # the examples of Sequential name it
    first = "Sequential( Wave('cosine'), Level(4, 2) )"
    second = "coreframe.Sequential(coreframe_toys.Square, Tilted(4, 2,),)"
    comparison = compare(first, second)
    assert comparison.first == "Sequential(Wave(kind='cosine'), Level(4, 2))"
    assert comparison.second == "coreframe.Sequential(coreframe_toys.Square(), Tilted(4, 2))"
    assert all(row.difference > 0 for row in comparison.rows)


def test_parameters_of_one_alone_are_named() -> None:
    found = rows("Level(4, 3)", "Sequential(Level(4, 3))", [[4]])
    assert found["the gradient of bias"].where == "only A has it"
    assert found["the gradient of 0.bias"].where == "only B has it"


def test_figures_repeat_with_their_seed() -> None:
    one, same, other = (rows("Sine", "Wave('cosine')", seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one["y"] != other["y"]


@pytest.mark.parametrize(
    ("first", "second", "inputs", "error", "message"),
    [
        ("Level", "Levle", None, UnknownComponent, "did you mean Level"),
        ("Level", "Distance", None, UnknownComponent, "Distance is a loss, not a module"),
        ("", "Level", None, SpecError, "'' is not a spec"),
        ("Level(4,", "Level", None, SpecError, "is not a spec like"),
        ("Level", "Level(4, 'x')", None, ArgumentError, "out_size must be int, got 'x'"),
        ("Affine", "Affine", None, CheckFailed, "Affine gives no examples"),
        ("Affine(2, 3)", "Level", None, CheckFailed, "Affine gives no examples"),
        ("Cloud", "Cloud", [[2]], ArgumentError, "a dataset takes no inputs"),
        ("Distance", "Distance", [[2]], ArgumentError, "takes two inputs, pred and actual"),
        ("Level", "Level", [[4], [4]], ArgumentError, r"\(4,\) and \(4,\): TypeError: .* given$"),
        ("Level", "Flaky", None, ArgumentError, "KeyError: 'scale'"),
        ("Level(4, 3)", "Level(4, 2)", None, ArgumentError, r"have shapes \(3,\) and \(2,\)"),
        ("Level(4, 3)", "Level(2, 3)", None, ArgumentError, "sizes that both take, with --input"),
    ],
)
def test_what_cannot_be_compared(
    first: str,
    second: str,
    inputs: Sequence[Sequence[int]] | None,
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message) as raised:
        compare(first, second, inputs=inputs)
    assert "\n" not in str(raised.value)
