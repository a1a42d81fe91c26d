"""Kinds: the one table of what can be a component."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMMAND_GROUP", "KINDS", "Kind"]

COMMAND_GROUP = "coreframe.commands"


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
