"""Kinds: the one table of what can be a component."""

from __future__ import annotations

from dataclasses import dataclass

from coreframe.errors import ArgumentError

__all__ = ["COMMAND_GROUP", "HOOKS_GROUP", "KINDS", "Kind", "kind_of"]

COMMAND_GROUP = "coreframe.commands"
HOOKS_GROUP = "coreframe.hooks"


@dataclass(frozen=True)
class Kind:
    """A kind of component.

    Attributes:
        name: as users write it: `module`.
        group: the entry-point group in which distributions offer it.
        interface: the class it must derive from, as `module:Class`; text, so that knowing the
            kinds imports nothing.
    """

    name: str
    group: str
    interface: str


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("module", "coreframe.modules", "coreframe.interfaces.module:Module"),
        Kind("loss", "coreframe.losses", "coreframe.interfaces.loss:Loss"),
        Kind("optimizer", "coreframe.optimizers", "coreframe.interfaces.optimizer:Optimizer"),
        Kind("dataset", "coreframe.datasets", "coreframe.interfaces.dataset:Dataset"),
        Kind("schedule", "coreframe.schedules", "coreframe.interfaces.schedule:Schedule"),
    )
}


def kind_of(cls: type) -> str:
    """The kind of a component's class.

    Raises:
        ArgumentError: if it implements no interface of a kind.
    """
    bases = {f"{base.__module__}:{base.__qualname__}" for base in cls.__mro__}
    for kind in KINDS.values():
        if kind.interface in bases:
            return kind.name
    raise ArgumentError(f"{cls!r} is no component: it implements none of {', '.join(KINDS)}")
