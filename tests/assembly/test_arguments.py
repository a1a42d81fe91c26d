"""Arguments: checked against the constructor's signature before it runs."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np
import pytest
import torch
from coreframe_toys import Affine
from torch import Tensor

from coreframe import ArgumentError, Module, Sequential, Setting
from coreframe.assembly.arguments import check_arguments, describe_signature


class Everything:
    """Has an argument of each kind."""

    def __init__(
        self,
        size: int,
        rate: float = 0.5,
        *,
        gain: Setting = 1.0,
        shape: tuple[int, ...] = (1,),
        mode: Literal["same", "valid"] = "same",
        name: str | None = None,
        part: Module | None = None,
        sizes: list[int] | None = None,
        table: Mapping[str, int] | None = None,
        anything: Any = None,
        flag: bool = False,
    ) -> None:
        raise AssertionError("the check must not run the constructor")


SIGNATURE = (
    "(size: int, rate: float = 0.5, *, gain: float | Sequence[float] = 1.0, "
    "shape: tuple[int, ...] = (1,), mode: Literal['same', 'valid'] = 'same', "
    "name: str | None = None, part: Module | None = None, sizes: list[int] | None = None, "
    "table: Mapping[str, int] | None = None, anything: Any = None, flag: bool = False)"
)


def check(*args: Any, **kwargs: Any) -> None:
    check_arguments("Everything", Everything, args, kwargs)


def refusal(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(ArgumentError) as error:
        check(*args, **kwargs)
    message, _, signature = str(error.value).partition("; its signature is Everything")
    assert signature == SIGNATURE
    return message


def test_a_signature_reads_as_a_person_writes_it() -> None:
    assert describe_signature(Everything) == SIGNATURE
    assert describe_signature(Sequential) == "(*layers: Module)"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("size", [0, -3, 10**18]),
        ("rate", [1, 1.5, -2]),
        ("gain", [1, 0.5, [1, 2.0], (0.5,), range(3), []]),
        ("shape", [(1, 2), [3], []]),
        ("mode", ["same", "valid"]),
        ("name", ["x", None]),
        ("part", [None, Affine(2, 3)]),
        ("sizes", [[1, 2], [], None]),
        ("table", [{"a": 1}, {}, None]),
        ("anything", [object(), "x", [1]]),
        ("flag", [True, False]),
    ],
)
def test_values_that_fit(name: str, values: Sequence[Any]) -> None:
    for value in values:
        check(**{"size": 1} | {name: value})


@pytest.mark.parametrize(
    ("name", "wording", "values"),
    [
        ("size", "int", [True, 2.0, "2", None, [2]]),
        ("rate", "float", [True, "1", None, [1.0]]),
        ("gain", "float | Sequence[float]", [True, "1", "12", None, [1, "a"], [True], [[1.0]]]),
        ("shape", "tuple[int, ...]", [3, "12", [1.5], None]),
        ("mode", "Literal['same', 'valid']", ["other", None, 0]),
        ("name", "str | None", [3, ["x"]]),
        ("part", "Module | None", ["Affine", 3, Affine]),
        ("sizes", "list[int] | None", [3, ["a"], "12"]),
        ("table", "Mapping[str, int] | None", [3, [1]]),
        ("flag", "bool", [1, "yes", None]),
    ],
)
def test_values_that_do_not(name: str, wording: str, values: Sequence[Any]) -> None:
    for value in values:
        message = refusal(**{"size": 1} | {name: value})
        assert message == f"Everything: {name} must be {wording}, got {value!r}"


def test_a_missing_argument() -> None:
    assert refusal() == "Everything: missing a required argument: 'size'"


def test_too_many_arguments() -> None:
    assert refusal(1, 0.5, 2.0) == "Everything: too many positional arguments"


def test_an_argument_given_twice() -> None:
    assert refusal(1, size=1) == "Everything: multiple values for argument 'size'"


def test_a_misspelt_name_is_told_the_near_one() -> None:
    message = "Everything has no argument 'gian', did you mean gain?"
    assert refusal(1, gian=0.5) == message


def test_an_unknown_name_without_a_near_one() -> None:
    assert refusal(1, zzz=0.5) == "Everything has no argument 'zzz'"


def test_each_of_many_arguments_is_checked() -> None:
    check_arguments("Sequential", Sequential, [Affine(2, 3), Affine(3, 2)], {})
    with pytest.raises(ArgumentError, match="Sequential: layers must be Module, got 3"):
        check_arguments("Sequential", Sequential, [Affine(2, 3), 3], {})


def test_arguments_of_any_name_are_checked_where_the_constructor_takes_them() -> None:
    class Open:
        def __init__(self, **sizes: int) -> None: ...

    check_arguments("Open", Open, [], {"a": 1, "b": 2})
    with pytest.raises(ArgumentError, match="Open: sizes must be int, got 'x'"):
        check_arguments("Open", Open, [], {"a": 1, "b": "x"})
    assert describe_signature(Open) == "(**sizes: int)"


def test_a_class_without_a_constructor_takes_nothing() -> None:
    class Plain: ...

    check_arguments("Plain", Plain, [], {})
    with pytest.raises(ArgumentError, match=r"too many positional arguments; .* is Plain\(\)"):
        check_arguments("Plain", Plain, [1], {})


def test_without_annotations_any_value_fits() -> None:
    class Untyped:
        def __init__(self, size, *, gain=1.0):  # type: ignore[no-untyped-def]
            pass

    check_arguments("Untyped", Untyped, ["x"], {"gain": None})
    assert describe_signature(Untyped) == "(size, *, gain = 1.0)"


class Sized(Protocol):
    """A protocol that isinstance cannot check."""

    def __len__(self) -> int: ...


def test_an_annotation_that_cannot_be_checked_is_taken_to_fit() -> None:
    class Structural:
        def __init__(self, size: Sized) -> None: ...

    check_arguments("Structural", Structural, [3], {})


def test_an_annotation_nobody_can_resolve_is_taken_to_fit() -> None:
    class Odd:
        def __init__(self, size: "a_name_nobody_has") -> None: ...  # type: ignore[name-defined]  # noqa: F821

    check_arguments("Odd", Odd, ["x"], {})


def test_tensors_are_checked_by_class() -> None:
    class Holder:
        def __init__(self, values: Tensor) -> None: ...

    with pytest.raises(ArgumentError, match=r"Holder: values must be Tensor, got \[1\.0\]"):
        check_arguments("Holder", Holder, [[1.0]], {})


@pytest.mark.parametrize(
    ("name", "given", "plain"),
    [
        ("size", np.int64(3), 3),
        ("size", np.array(3), 3),
        ("size", torch.tensor(3), 3),
        ("rate", np.float32(0.5), 0.5),
        ("rate", np.float64(0.5), 0.5),
        ("rate", np.int64(2), 2),
        ("rate", torch.tensor(0.5), 0.5),
        ("gain", torch.tensor(0.5), 0.5),
        ("gain", np.array([0.5, 1.0]), [0.5, 1.0]),
        ("gain", torch.tensor([1, 2]), [1, 2]),
        ("gain", [np.float32(0.5), torch.tensor(2.0)], [0.5, 2.0]),
        ("shape", np.array([2, 3]), [2, 3]),
        ("sizes", torch.tensor([2, 3]), [2, 3]),
        ("flag", np.bool_(True), True),
    ],
)
def test_numbers_of_numpy_and_torch_become_pythons_own(name: str, given: Any, plain: Any) -> None:
    bound = check_arguments("Everything", Everything, [], {"size": 1, name: given})
    assert repr(bound.arguments[name]) == repr(plain)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", np.float64(2.0)),
        ("size", torch.tensor(2.0)),
        ("size", torch.tensor([2])),
        ("size", np.bool_(True)),
        ("size", torch.tensor(True)),
        ("rate", np.array([0.5])),
        ("gain", np.array([[0.5]])),
        ("sizes", np.array([0.5])),
        ("name", np.array(["x"])),
    ],
)
def test_numbers_of_numpy_and_torch_must_fit_too(name: str, value: Any) -> None:
    assert refusal(**{"size": 1} | {name: value}).startswith(f"Everything: {name} must be ")


def test_a_tensor_stays_one_where_one_is_asked_for_or_anything_goes() -> None:
    class Holder:
        def __init__(self, values: Tensor, *others: Any) -> None: ...

    tensors = [torch.ones(2), torch.zeros(2)]
    bound = check_arguments("Holder", Holder, tensors, {})
    assert [value is tensor for value, tensor in zip(bound.args, tensors, strict=True)] == [
        True
    ] * 2


def test_each_of_many_arguments_becomes_pythons_own() -> None:
    class Open:
        def __init__(self, *numbers: int, **sizes: int) -> None: ...

    bound = check_arguments("Open", Open, [np.int64(1), 2], {"a": np.int64(3)})
    assert repr((bound.args, bound.kwargs)) == "((1, 2), {'a': 3})"
