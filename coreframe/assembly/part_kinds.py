"""Part kinds: which kind of component an argument asks for, by its annotation."""

from __future__ import annotations

import inspect
from typing import Any, get_args

from coreframe.assembly.arguments import type_hints
from coreframe.errors import ArgumentError
from coreframe.interfaces.component import constructor_signature
from coreframe.registry.kinds import kind_of

__all__ = ["PartKinds"]


class PartKinds:
    """The kinds of the specs that stand as arguments for a constructor.

    An annotation that names no kind of component leaves it at a module.
    """

    def __init__(self, cls: type) -> None:
        self._parameters = list(constructor_signature(cls).parameters.values())
        self._hints = type_hints(cls)

    def of_name(self, name: str) -> str:
        """The kind for an argument by name."""
        names = [parameter.name for parameter in self._parameters]
        return self._kind(name if name in names else self._rest(inspect.Parameter.VAR_KEYWORD))

    def of_position(self, index: int) -> str:
        """The kind for the argument at this position."""
        ordered = [
            parameter.name
            for parameter in self._parameters
            if parameter.kind
            in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        ]
        if index < len(ordered):
            return self._kind(ordered[index])
        return self._kind(self._rest(inspect.Parameter.VAR_POSITIONAL))

    def _rest(self, kind: object) -> str:
        """The name of `*args` or `**kwargs`; empty without one, which is refused later."""
        return next((p.name for p in self._parameters if p.kind is kind), "")

    def _kind(self, name: str) -> str:
        return _find_kind(self._hints.get(name, Any)) or "module"


def _find_kind(hint: Any) -> str | None:
    """The first kind in an annotation, also within unions and sequences."""
    if isinstance(hint, type):
        try:
            return kind_of(hint)
        except ArgumentError:
            pass  # Sequence[Loss] is a type too on some versions, and has a kind inside
    return next(filter(None, map(_find_kind, get_args(hint))), None)
