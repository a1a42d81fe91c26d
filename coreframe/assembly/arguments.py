"""Arguments: fitting them to a constructor's signature before it runs."""

from __future__ import annotations

import difflib
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from coreframe.errors import ArgumentError
from coreframe.interfaces.component import constructor_signature

__all__ = ["check_arguments", "describe_signature", "type_hints"]


def check_arguments(
    name: str, cls: type, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> inspect.BoundArguments:
    """Check names, count and types of the arguments for `cls(*args, **kwargs)`.

    Returns:
        The arguments, in Python's own numbers and lists where they came as numpy's or torch's
        and the annotation asks for numbers.

    Raises:
        ArgumentError: saying which argument of `name` is wrong, and what would be right.
    """
    usage = f"its signature is {name}{describe_signature(cls)}"
    bound = _bind(name, constructor_signature(cls), args, kwargs, usage)
    hints = type_hints(cls)

    def fitted(parameter: str, value: Any) -> Any:
        hint = hints.get(parameter, Any)
        for candidate in (value, _plain(value)):
            if _fits(candidate, hint):
                return float(candidate) if isinstance(candidate, float) else candidate
        raise ArgumentError(f"{name}: {parameter} must be {_wording(hint)}, got {value!r}; {usage}")

    for parameter, value in bound.arguments.items():
        kind = bound.signature.parameters[parameter].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            bound.arguments[parameter] = tuple(fitted(parameter, item) for item in value)
        elif kind is inspect.Parameter.VAR_KEYWORD:
            bound.arguments[parameter] = {k: fitted(parameter, v) for k, v in value.items()}
        else:
            bound.arguments[parameter] = fitted(parameter, value)
    return bound


def describe_signature(cls: type) -> str:
    """The constructor's arguments as a person writes them: `(in_size: int, …, gain=1.0)`."""
    hints = type_hints(cls)
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


def type_hints(cls: type) -> dict[str, Any]:
    """The annotations of the constructor; empty if nobody can resolve them."""
    try:
        return typing.get_type_hints(cls.__init__)  # type: ignore[misc]  # read, never called
    except Exception:  # noqa: BLE001  # an annotation nobody can resolve is no reason to refuse
        return {}


def _bind(
    name: str,
    signature: inspect.Signature,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    usage: str,
) -> inspect.BoundArguments:
    parameters = signature.parameters
    if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        for given in kwargs:
            if given not in parameters:
                near = difflib.get_close_matches(given, parameters, n=1)
                hint = f", did you mean {near[0]}?" if near else ""
                raise ArgumentError(f"{name} has no argument {given!r}{hint}; {usage}")
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as error:
        raise ArgumentError(f"{name}: {error}; {usage}") from None


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy and torch as Python's own, also in lists."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    # Asked by the method that they share, so that numpy need not be there.
    return value.tolist() if hasattr(value, "tolist") else value


def _fits(value: object, hint: Any) -> bool:
    """Whether a value fits an annotation; annotations it does not know are taken to fit."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if origin is Literal:
        return value in get_args(hint)
    if isinstance(origin, type):
        return _fits_generic(value, origin, get_args(hint))
    if hint in (int, float):
        return isinstance(value, hint | int) and not isinstance(value, bool)
    try:
        return isinstance(value, types.NoneType if hint is None else hint)
    except TypeError:  # Any, a protocol, a type variable: nothing to check at run time
        return True


def _fits_generic(value: object, origin: type, options: tuple[Any, ...]) -> bool:
    if isinstance(value, str | bytes):  # sequences, but never meant where one is asked for
        return False
    if not isinstance(value, origin) and not (origin is tuple and isinstance(value, list)):
        return False
    items = [option for option in options if option is not Ellipsis]
    if len(items) == 1 and isinstance(value, Sequence):
        return all(_fits(item, items[0]) for item in value)
    return True


def _wording(hint: Any) -> str:
    if hint is type(None):
        return "None"
    if isinstance(hint, type) and get_origin(hint) is None:
        return hint.__name__
    if get_origin(hint) in (Union, types.UnionType):
        return " | ".join(_wording(option) for option in get_args(hint))
    return str(hint).replace("collections.abc.", "").replace("typing.", "")
