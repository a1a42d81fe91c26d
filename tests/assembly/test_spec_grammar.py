"""The spec grammar: names, calls, literals, signed numbers and lists of these; nothing else."""

import warnings
from typing import Any

import pytest

from coreframe import SpecError
from coreframe.assembly.spec import MAX_DEPTH, MAX_LENGTH, Spec, parse_spec


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("ReLU", Spec("ReLU")),
        ("ReLU()", Spec("ReLU")),
        ("  ReLU\n", Spec("ReLU")),
        ("(ReLU)", Spec("ReLU")),
        ("_Private2", Spec("_Private2")),
        ("Größe(1)", Spec("Größe", args=(1,))),
        ("Linear(2, 25)", Spec("Linear", args=(2, 25))),
        ("Linear(\n    2,\n    25,\n)", Spec("Linear", args=(2, 25))),
        ("Linear(2, out_size=25)", Spec("Linear", args=(2,), kwargs={"out_size": 25})),
        ("coreframe_linear.Linear(2, 25)", Spec("Linear", "coreframe_linear", (2, 25))),
        ("nets.ReLU", Spec("ReLU", "nets")),
        ("A(-1, +2, -0.5, 1e-3, 0x10)", Spec("A", args=(-1, 2, -0.5, 0.001, 16))),
        ("A(18446744073709551615)", Spec("A", args=(2**64 - 1,))),
        ("A(True, False, None)", Spec("A", args=(True, False, None))),
        ("A('text', \"b\", 'c' 'd')", Spec("A", args=("text", "b", "cd"))),
        ("A('))))')", Spec("A", args=("))))",))),
        ("A([])", Spec("A", args=([],))),
        ("A([1, [2, 'x']], (3, 4))", Spec("A", args=([1, [2, "x"]], [3, 4]))),
        ("A(B, c=D(1))", Spec("A", args=(Spec("B"),), kwargs={"c": Spec("D", args=(1,))})),
        ("A([B, x.C(2)])", Spec("A", args=([Spec("B"), Spec("C", "x", (2,))],))),
        ("A  # a remark", Spec("A")),
    ],
)
def test_a_spec(text: str, spec: Spec) -> None:
    assert parse_spec(text) == spec


def test_literals_keep_their_types() -> None:
    spec = parse_spec("A(1, 1.0, True)")
    assert [type(value) for value in spec.args] == [int, float, bool]


NOT_ALLOWED = "is not allowed: only names, calls, literals, signed numbers and lists are"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a spec like 'Linear(2, 25)': invalid syntax"),
        ("Linear(2, 25", "is not a spec like 'Linear(2, 25)': '(' was never closed"),
        ("Linear 2", "is not a spec like"),
        ("A; B", "is not a spec like"),
        ("x = A", "is not a spec like"),
        ("import os", "is not a spec like"),
        ("A(\0)", "null bytes"),
        ("A('\\d')", "invalid escape sequence"),
        ("A('\ud800')", "surrogates not allowed"),
        ("A(1" + "1" * 5000 + ")", "is not a spec like"),
        ("3", "the spec '3' names no component; write one like 'Linear(2, 25)'"),
        ("'Linear'", "names no component"),
        ("[A, B]", "names no component"),
        ("A, B", "names no component"),
        ("a.b.C", "in the spec 'a.b.C', 'a.b.C' names no component: write Name or distribution."),
        ("A().b", "'A().b' names no component"),
        ("A()()", "'A()' names no component"),
        ("A[0]", f"in the spec 'A[0]', 'A[0]' {NOT_ALLOWED}"),
        ("'a'.join(B)", "names no component"),
        ("A(**b)", "in the spec 'A(**b)', '**' is not allowed: write each argument out"),
        ("A(*[1, 2])", f"'*[1, 2]' {NOT_ALLOWED}"),
        ("A(x=1, x=2)", "in the spec 'A(x=1, x=2)', 'x' is given twice"),
        ("A(lambda: 1)", f"'lambda: 1' {NOT_ALLOWED}"),
        ("A(x for x in B)", NOT_ALLOWED),
        ("A([x for x in B])", NOT_ALLOWED),
        ("A(f'{b}')", NOT_ALLOWED),
        ("A(b'bytes')", NOT_ALLOWED),
        ("A((x := 1))", f"'x := 1' {NOT_ALLOWED}"),
        ("A(1 + 1)", NOT_ALLOWED),
        ("A(2 ** 1000000)", NOT_ALLOWED),
        ("A(--1)", NOT_ALLOWED),
        ("A(-True)", NOT_ALLOWED),
        ("A(-B)", NOT_ALLOWED),
        ("A(not B)", NOT_ALLOWED),
        ("A(1 if B else 2)", NOT_ALLOWED),
        ("A(1 < 2)", NOT_ALLOWED),
        ("A({'a': 1})", NOT_ALLOWED),
        ("A({1, 2})", NOT_ALLOWED),
        ("A(1j)", NOT_ALLOWED),
        ("A(...)", NOT_ALLOWED),
        ("A(1e999)", "in the spec 'A(1e999)', '1e999' is too large for a number"),
        ("A(-1e999)", "'-1e999' is too large for a number"),
        ("A(18446744073709551616)", "'18446744073709551616' has more than 64 bits"),
        ("A(0x" + "f" * 9000 + ")", "has more than 64 bits"),
    ],
)
def test_no_spec(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        parse_spec(text)
    assert message in str(error.value)
    assert len(str(error.value)) < 300
    assert "\n" not in str(error.value)


def test_what_python_warns_of_is_no_spec_whatever_the_warning_filters() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(SpecError, match="invalid escape sequence"):
            parse_spec("A('\\d')")
    assert seen == []


@pytest.mark.parametrize("value", [None, 3, b"Linear", ["Linear"]])
def test_something_that_is_no_text(value: Any) -> None:
    with pytest.raises(SpecError, match=r"a spec is a text like 'Linear\(2, 25\)', not "):
        parse_spec(value)


def test_a_text_may_be_long_but_not_endless() -> None:
    longest = f"A('{'x' * (MAX_LENGTH - 5)}')"
    assert parse_spec(longest).name == "A"
    with pytest.raises(SpecError, match=f"has {MAX_LENGTH + 1} characters, more than {MAX_LENGTH}"):
        parse_spec(longest + " ")


@pytest.mark.parametrize(("opening", "closing"), [("A(", ")"), ("[", "]"), ("B(c=[", "])")])
def test_brackets_may_be_nested_but_not_endlessly(opening: str, closing: str) -> None:
    times = MAX_DEPTH // (opening.count("(") + opening.count("["))
    parse_spec(f"A({opening * (times - 1)}{closing * (times - 1)})")
    with pytest.raises(SpecError, match="more than 20 brackets within brackets"):
        parse_spec(f"A({opening * (times + 1)}{closing * (times + 1)})")


@pytest.mark.parametrize("count", [100, 1000, 10_000, 100_000])
@pytest.mark.parametrize(
    ("start", "middle", "end"),
    [
        ("", "-", "1"),
        ("", "not ", "A"),
        ("", "A(", ""),
        ("", "[", ""),
        ("A", "()", ""),
        ("A", ".b", ""),
        ("A", "+A", ""),
        ("A", "[0]", ""),
        ("", "lambda:", "A"),
        ("", "A if A else ", "A"),
        ("A(')))))))))))))))))))))))))))))))))))))))'", ",[", ""),
    ],
)
def test_a_text_that_is_nested_without_end_is_no_spec(
    start: str, middle: str, end: str, count: int
) -> None:
    with pytest.raises(SpecError):
        parse_spec(start + middle * count + end)
