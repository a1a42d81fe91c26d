"""Arguments: checking them against a constructor's signature before it runs."""

from __future__ import annotations

import difflib
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from coreframe.errors import ArgumentError
from coreframe.interfaces.component import constructor_signature

__all__ = ["check_arguments", "describe_signature"]


def check_arguments(name: str, cls: type, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Check names, count and types of the arguments for `cls(*args, **kwargs)`.

    Raises:
        ArgumentError: saying which argument of `name` is wrong, and what would be right.
    """
    signature = constructor_signature(cls)
    parameters = signature.parameters
    takes = f"{name} takes {describe_signature(cls)}"
    if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        for given in kwargs:
            if given not in parameters:
                near = difflib.get_close_matches(given, parameters, n=1)
                hint = f", did you mean {near[0]}?" if near else ""
                raise ArgumentError(f"{name} has no argument {given!r}{hint} ({takes})")
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise ArgumentError(f"{name}: {error} ({takes})") from None
    hints = _type_hints(cls)
    for parameter, value in bound.arguments.items():
        hint = hints.get(parameter, Any)
        kind = parameters[parameter].kind
        values = [value]
        if kind is inspect.Parameter.VAR_POSITIONAL:
            values = list(value)
        elif kind is inspect.Parameter.VAR_KEYWORD:
            values = list(value.values())
        for item in values:
            if not _fits(item, hint):
                raise ArgumentError(
                    f"{name}: {parameter} must be {_wording(hint)}, got {item!r} ({takes})"
                )


def describe_signature(cls: type) -> str:
    """The constructor's arguments as a person writes them: `(in_size: int, …, gain=1.0)`."""
    hints = _type_hints(cls)
    parts: list[str] = []
    starred = False
    for parameter in constructor_signature(cls).parameters.values():
        text = parameter.name
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            text, starred = f"*{text}", True
        elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
            text = f"**{text}"
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        if parameter.name in hints:
            text += f": {_wording(hints[parameter.name])}"
        if parameter.default is not inspect.Parameter.empty:
            text += f" = {parameter.default!r}"
        parts.append(text)
    return f"({', '.join(parts)})"


def _type_hints(cls: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls.__init__)  # type: ignore[misc]  # read, never called
    except Exception:  # noqa: BLE001  # an annotation nobody can resolve is no reason to refuse
        return {}


def _fits(value: object, hint: Any) -> bool:
    """Whether a value fits an annotation; annotations it does not know are taken to fit."""
    origin = get_origin(hint)
    if hint is None or hint is type(None):
        return value is None
    if origin in (Union, types.UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if origin is not None:
        if not isinstance(origin, type) or isinstance(value, str | bytes):
            return not isinstance(origin, type)
        if not isinstance(value, origin) and not (origin is tuple and isinstance(value, list)):
            return False
        items = [option for option in get_args(hint) if option is not Ellipsis]
        if len(items) == 1 and isinstance(value, Sequence):
            return all(_fits(item, items[0]) for item in value)
        return True
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, hint) if isinstance(hint, type) else True


def _wording(hint: Any) -> str:
    if isinstance(hint, type) and get_origin(hint) is None:
        return hint.__name__
    if get_origin(hint) in (Union, types.UnionType):
        return " | ".join(_wording(option) for option in get_args(hint))
    return str(hint).replace("collections.abc.", "").replace("typing.", "")
