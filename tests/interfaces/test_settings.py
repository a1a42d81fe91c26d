"""Settings and selections: numbers of Python, torch and numpy, and nothing else."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import torch
from coreframe_toys import Points

import coreframe as cf
from coreframe.interfaces.replicas import expand_setting, plain_setting, resolve_selection

np: Any = pytest.importorskip("numpy")

ONE = [0.5, np.float64(0.5), np.float32(0.5), np.array(0.5), torch.tensor(0.5), Fraction(1, 2)]
WHOLE = [2, np.int64(2), np.array(2), torch.tensor(2)]
SEVERAL = [
    [1, 2.0],
    (1.0, 2),
    range(1, 3),
    np.array([1.0, 2.0]),
    np.array([1, 2]),
    torch.tensor([1.0, 2.0]),
    torch.tensor([1, 2]),
    [np.float64(1), torch.tensor(2)],
]
NO_NUMBERS = [
    *("1", b"1", None, True, np.True_, torch.tensor(True), 1j, {1.0: 2.0}, {1.0, 2.0}),
    *([1.0, "2"], [True, 2.0], [[1.0, 2.0]], [None], np.array([True]), torch.ones(2, 2)),
    *(torch.tensor([1j]), np.ones((1, 2))),
]


@pytest.mark.parametrize("value", [*ONE, *WHOLE], ids=repr)
def test_a_number_is_pythons_own(value: Any) -> None:
    plain = plain_setting("lr", value)
    assert type(plain) is float
    assert plain == float(value)
    for replicas in ((), (3,)):
        assert type(expand_setting("lr", value, replicas)) is float


@pytest.mark.parametrize("value", SEVERAL, ids=repr)
def test_numbers_are_pythons_own(value: Any) -> None:
    plain = plain_setting("lr", value)
    assert plain == [1.0, 2.0]
    assert isinstance(plain, list)
    assert all(type(number) is float for number in plain)
    expanded = expand_setting("lr", value, (2,))
    assert isinstance(expanded, torch.Tensor)
    assert expanded.dtype is torch.float64
    assert expanded.tolist() == [1.0, 2.0]
    with pytest.raises(cf.ArgumentError, match="lr has 2 numbers for a population of 3"):
        expand_setting("lr", value, (3,))
    with pytest.raises(cf.ArgumentError, match="lr has 2 numbers for a lone model"):
        expand_setting("lr", value, ())


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_nothing_else_is_a_setting(value: Any) -> None:
    for check in (plain_setting, lambda name, wrong: expand_setting(name, wrong, (2,))):
        with pytest.raises(cf.ArgumentError, match="lr must be a number or one number per replica"):
            check("lr", value)


def test_an_expanded_setting_is_a_copy() -> None:
    given = torch.tensor([1.0, 2.0], dtype=torch.float64)
    expanded = expand_setting("lr", given, (2,))
    given.zero_()
    assert isinstance(expanded, torch.Tensor)
    assert expanded.tolist() == [1.0, 2.0]


ONE_OF_FOUR = [1, -3, np.int64(1), np.array(1), torch.tensor(1), torch.tensor(-3)]
TWO_OF_FOUR = [
    [3, 1],
    (3, -3),
    range(3, 0, -2),
    np.array([3, 1]),
    torch.tensor([3, 1]),
    [np.int64(3), torch.tensor(1)],
]
MASKS = [np.array([True, False, False, True]), torch.tensor([True, False, False, True])]
NO_SELECTION = [
    *(True, 1.0, "1", b"1", None, [1.0], ["1"], [True, False, False, True], {"1": 1}),
    *(torch.tensor(True), torch.tensor(1.0), torch.tensor([0.5]), np.array([1.0])),
    *(torch.tensor([[1]]), torch.ones(2, 2, dtype=torch.bool), [4], -5, torch.tensor([-5])),
]


@pytest.mark.parametrize("selection", ONE_OF_FOUR, ids=repr)
def test_an_integer_selects_one(selection: Any) -> None:
    chosen = resolve_selection(selection, (4,))
    assert type(chosen) is int
    assert chosen == 1


@pytest.mark.parametrize("selection", TWO_OF_FOUR, ids=repr)
def test_a_sequence_or_array_of_integers_selects_several(selection: Any) -> None:
    chosen = resolve_selection(selection, (4,))
    assert chosen == [3, 1]
    assert isinstance(chosen, list)
    assert all(type(index) is int for index in chosen)


@pytest.mark.parametrize("selection", MASKS, ids=repr)
def test_a_mask_selects_where_it_is_true(selection: Any) -> None:
    assert resolve_selection(selection, (4,)) == [0, 3]
    with pytest.raises(cf.ArgumentError, match=r"must have shape \(3,\), this one has \(4,\)"):
        resolve_selection(selection, (3,))


@pytest.mark.parametrize("selection", NO_SELECTION, ids=repr)
def test_nothing_else_selects(selection: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="no replica"):
        resolve_selection(selection, (4,))


@pytest.mark.parametrize("selection", [[], (), range(0), torch.tensor([]), np.array([])], ids=repr)
def test_an_empty_selection_leaves_no_model(selection: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="a selection of no replicas leaves no model"):
        resolve_selection(selection, (4,))


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("selection", [np.array([2, 0]), torch.tensor([2, 0]), (2, 0)], ids=repr)
def test_a_model_and_its_data_take_any_selection(selection: Any) -> None:
    model, data = cf.assemble(["Affine(2, 2)"], seeds=range(3)), Points(4, seed=[0, 1, 2])
    values = model.state()
    model.select(selection)
    data.select(selection)
    assert torch.equal(model.state()["0.weight"], values["0.weight"][[2, 0]])
    assert data.replicas == (2,)
