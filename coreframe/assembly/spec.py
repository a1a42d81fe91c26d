"""Spec: the text that names a component with its arguments, parsed and never evaluated."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from coreframe.errors import SpecError

__all__ = ["Spec", "parse_spec"]

MAX_LENGTH = 1_000_000  # characters: settings of thousands of replicas, parsed within a second
MAX_DEPTH = 20  # brackets within brackets
MAX_BITS = 64  # of an integer: sizes and seeds have no more


@dataclass(frozen=True)
class Spec:
    """A component's name, perhaps its distribution, and its arguments.

    Arguments are literals, lists of literals, or specs of components. `str(spec)` is a text that
    parses to an equal spec.
    """

    name: str
    distribution: str | None = None
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    @property
    def qualified(self) -> str:
        """The name as it was written: `Linear` or `coreframe_linear.Linear`."""
        return f"{self.distribution}.{self.name}" if self.distribution else self.name

    def __str__(self) -> str:
        parts = [_text(value) for value in self.args]
        parts += [f"{name}={_text(value)}" for name, value in self.kwargs.items()]
        return f"{self.qualified}({', '.join(parts)})"


def parse_spec(text: str) -> Spec:
    """Parse `Linear(2, 25)`, `ReLU` or `Sequential(Linear(2, 8), ReLU)`.

    A spec is made of names, calls, literals, signed numbers and lists of these. Nothing is
    evaluated, so a spec from anywhere is safe to read.

    Raises:
        SpecError: for anything else, for a text of over a million characters, for more than 20
            brackets within brackets, and for numbers that are not finite or over 64 bits.
    """
    if not isinstance(text, str):
        raise SpecError(f"a spec is a text like 'Linear(2, 25)', not {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise SpecError(
            f"the spec {_shown(text)} has {len(text)} characters, more than {MAX_LENGTH}"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an invalid escape, say, is a mistake here
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = _reason(error)
        raise SpecError(f"{_shown(text)} is not a spec like 'Linear(2, 25)': {reason}") from None
    try:
        value = _Reader(text.strip()).read(tree)
    except SpecError as error:
        raise SpecError(f"in the spec {_shown(text)}, {error}") from None
    if not isinstance(value, Spec):
        raise SpecError(
            f"the spec {_shown(text)} names no component; write one like 'Linear(2, 25)'"
        )
    return value


class _Reader:
    """Turns the syntax tree of a spec into its value, whatever else Python could mean by it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, node: ast.expr, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise SpecError(f"there are more than {MAX_DEPTH} brackets within brackets")
        match node:
            case ast.Constant(value=None | bool() | str()):
                return node.value
            case ast.Constant(value=int() | float() as value):
                return self._number(node, value)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=value)) if (
                isinstance(value, int | float) and not isinstance(value, bool)
            ):
                return self._number(node, -value if isinstance(node.op, ast.USub) else value)
            case ast.List() | ast.Tuple():
                return [self.read(item, depth + 1) for item in node.elts]
            case ast.Name() | ast.Attribute():
                return self._named(node)
            case ast.Call(func=function):
                return self._call(self._named(function), node, depth)
            case _:
                raise SpecError(
                    f"{self._source(node)} is not allowed: only names, calls, literals, signed "
                    "numbers and lists are"
                )

    def _call(self, named: Spec, node: ast.Call, depth: int) -> Spec:
        args = tuple(self.read(arg, depth + 1) for arg in node.args)
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise SpecError("'**' is not allowed: write each argument out")
            if keyword.arg in kwargs:
                raise SpecError(f"{keyword.arg!r} is given twice")
            kwargs[keyword.arg] = self.read(keyword.value, depth + 1)
        return Spec(named.name, named.distribution, args, kwargs)

    def _named(self, node: ast.expr) -> Spec:
        match node:
            case ast.Name(id=name):
                return Spec(name)
            case ast.Attribute(value=ast.Name(id=distribution), attr=name):
                return Spec(name, distribution)
            case _:
                raise SpecError(
                    f"{self._source(node)} names no component: write Name or distribution.Name"
                )

    def _number(self, node: ast.expr, number: float) -> float:
        if isinstance(number, float) and not isfinite(number):
            raise SpecError(f"{self._source(node)} is too large for a number")
        if isinstance(number, int) and number.bit_length() > MAX_BITS:
            raise SpecError(f"{self._source(node)} has more than {MAX_BITS} bits")
        return number

    def _source(self, node: ast.expr) -> str:
        """The text of a node; `ast.unparse` would recurse, as deep as the text is."""
        return _shown(ast.get_source_segment(self._text, node) or "")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}…")


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError | MemoryError):
        return "it is nested too deep"
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    return reason.partition(";")[0]  # what follows is advice on Python's own settings


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_text(item) for item in value)}]"
    return str(value) if isinstance(value, Spec) else repr(value)
