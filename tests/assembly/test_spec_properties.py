"""Properties of the grammar, over random texts and random specs."""

import keyword
import string
from contextlib import suppress
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from coreframe import SpecError
from coreframe.assembly.spec import Spec, parse_spec

NAMES = st.text(string.ascii_letters + "_", min_size=1, max_size=4).filter(
    lambda name: not keyword.iskeyword(name)
)
LITERALS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64) + 1, 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)


def specs_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Spec]:
    args = st.lists(values, max_size=3).map(tuple)
    kwargs = st.dictionaries(NAMES, values, max_size=3)
    return st.builds(Spec, NAMES, st.none() | NAMES, args, kwargs)


VALUES: st.SearchStrategy[Any] = st.recursive(
    LITERALS, lambda inner: st.lists(inner, max_size=3) | specs_of(inner), max_leaves=6
)


def attempt(text: str) -> None:
    with suppress(SpecError):
        assert isinstance(parse_spec(text), Spec)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.text())
def test_any_text_is_a_spec_or_a_spec_error(text: str) -> None:
    attempt(text)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.text(alphabet=string.printable + "\0µ\u202e\ud800"))
def test_any_ascii_text_is_a_spec_or_a_spec_error(text: str) -> None:
    attempt(text)


PYTHON = (
    "A b.C ( ) [ ] { } , = : . - + ~ not ** * 1 2.5 1e999 0xff 1j 'x' f'{x}' b'' lambda x:1 "
    "for in if else := ... @ ; # await yield import None True \\ \n"
)


@settings(derandomize=True, deadline=None, max_examples=1000)
@given(st.lists(st.sampled_from(PYTHON.split(" ")), max_size=12).map(" ".join))
@example("A ( ( yield ) )")
def test_any_shuffle_of_pythons_tokens_is_a_spec_or_a_spec_error(text: str) -> None:
    attempt(text)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(specs_of(VALUES))
def test_a_spec_printed_and_parsed_is_equal(spec: Spec) -> None:
    assert parse_spec(str(spec)) == spec
    # 1 == 1.0 == True, so the texts are compared as well.
    assert str(parse_spec(str(spec))) == str(spec)
