"""Spec: the text that names a component with its arguments, parsed and never evaluated."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from coreframe.errors import SpecError

__all__ = ["Spec", "parse_spec"]

MAX_LENGTH = 10_000  # characters
MAX_DEPTH = 20  # brackets within brackets


@dataclass(frozen=True)
class Spec:
    """A component's name, perhaps its distribution, and its arguments.

    Arguments are literals, lists of literals, or specs of components.
    """

    name: str
    distribution: str | None = None
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    @property
    def qualified(self) -> str:
        """The name as it was written: `Linear` or `coreframe_linear.Linear`."""
        return f"{self.distribution}.{self.name}" if self.distribution else self.name


def parse_spec(text: str) -> Spec:
    """Parse `Linear(2, 25)`, `ReLU` or `Sequential(Linear(2, 8), ReLU)`.

    A spec is made of names, calls, literals, signed numbers and lists of these. Nothing is
    evaluated, so a spec from anywhere is safe to read.

    Raises:
        SpecError: for anything else, for a text of over 10,000 characters, and for more than
            20 brackets within brackets.
    """
    if not isinstance(text, str):
        raise SpecError(f"a spec is a text like 'Linear(2, 25)', not {type(text).__name__}")
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    if len(text) > MAX_LENGTH:
        raise SpecError(f"the spec {shown!r} has {len(text)} characters, more than {MAX_LENGTH}")
    depth = deepest = 0
    for character in text:  # before parsing: the parser itself has no such limit
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise SpecError(f"the spec {shown!r} is nested more than {MAX_DEPTH} deep")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SpecError(f"{shown!r} is not a spec like 'Linear(2, 25)': {_reason(error)}") from None
    try:
        value = _value(tree)
    except SpecError as error:
        raise SpecError(f"in the spec {shown!r}, {error}") from None
    if not isinstance(value, Spec):
        raise SpecError(f"the spec {shown!r} names no component; write one like 'Linear(2, 25)'")
    return value


def _reason(error: BaseException) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=None | bool() | int() | float() | str()):
            return node.value
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=value)) if (
            isinstance(value, int | float) and not isinstance(value, bool)
        ):
            return -value if isinstance(node.op, ast.USub) else value
        case ast.List() | ast.Tuple():
            return [_value(item) for item in node.elts]
        case ast.Name() | ast.Attribute():
            return _named(node)
        case ast.Call():
            named = _named(node.func)
            kwargs = {}
            for keyword in node.keywords:
                if keyword.arg is None:
                    raise SpecError("'**' is not allowed: write each argument out")
                kwargs[keyword.arg] = _value(keyword.value)
            return Spec(
                named.name, named.distribution, tuple(_value(arg) for arg in node.args), kwargs
            )
        case _:
            raise SpecError(
                f"{ast.unparse(node)!r} is not allowed: only names, calls, literals and signed "
                "numbers are"
            )


def _named(node: ast.expr) -> Spec:
    match node:
        case ast.Name(id=name):
            return Spec(name)
        case ast.Attribute(value=ast.Name(id=distribution), attr=name):
            return Spec(name, distribution)
        case _:
            raise SpecError(
                f"{ast.unparse(node)!r} names no component: write Name or distribution.Name"
            )
