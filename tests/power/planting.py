"""Planting: faults are noted with the check that has to name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from coreframe.interfaces.component import Component

__all__ = ["FAULTS", "Fault", "fault"]

C = TypeVar("C", bound=type[Component])


@dataclass(frozen=True)
class Fault:
    """A component that is wrong, and how the kit says so.

    Attributes:
        component: the class; its docstring says what is wrong.
        check: the id of the check that names the fault.
        says: words of its message.
        reached_users: where the same fault was shipped, if it was.
    """

    component: type[Component]
    check: str
    says: str
    reached_users: str = ""


FAULTS: list[Fault] = []


def fault(check: str, says: str, *, reached_users: str = "") -> Callable[[C], C]:
    """Note the class below as one that this check has to find, with these words."""

    def note(component: C) -> C:
        FAULTS.append(Fault(component, check, says, reached_users))
        return component

    return note
