"""WrappedMethods: methods of objects that are replaced for a while, and put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

__all__ = ["Method", "WrappedMethods"]

Method: TypeAlias = Callable[..., Any]

ABSENT = object()


class Wrapper:
    """Stands in for a method: hands it to `check`, with the arguments of the call."""

    def __init__(self, own: Method, check: Method) -> None:
        self.own, self.check = own, check

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        return self.check(self.own, inputs, named)


class WrappedMethods:
    """What stands in some objects' attributes instead of their methods, and what stood there.

    An attribute of the object hides the method of its class, so nothing is left to pay once it
    is deleted. A copy of the object, made meanwhile, has its own methods.
    """

    def __init__(self) -> None:
        self._before: list[tuple[object, str, object]] = []

    def wrap(self, owner: object, methods: dict[str, tuple[Method, Method]]) -> None:
        """Under each name, let the second method stand in for the first, the owner's own.

        What is wrapped already stays as it is.
        """
        attributes = vars(owner)
        if any(isinstance(attributes.get(name), Wrapper) for name in methods):
            return
        # copy and pickle ask the object before its class; a wrapper would tie the copy to it.
        before = {name: attributes.get(name, ABSENT) for name in (*methods, "__getstate__")}
        own_state = owner.__getstate__

        def getstate() -> Any:
            state = own_state()
            return _restored(dict(state), before) if isinstance(state, dict) else state

        for name, value in before.items():
            self._before.append((owner, name, value))
        for name, (own, check) in methods.items():
            attributes[name] = Wrapper(own, check)
        attributes["__getstate__"] = getstate

    def restore(self) -> None:
        """Put everything back."""
        for owner, name, value in reversed(self._before):
            _restored(vars(owner), {name: value})
        self._before.clear()


def _restored(attributes: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    for name, value in before.items():
        if value is ABSENT:
            attributes.pop(name, None)
        else:
            attributes[name] = value
    return attributes
