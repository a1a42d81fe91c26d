"""ComponentRecord: what is known about a component without importing it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["ComponentRecord", "Status", "normalize"]

Status: TypeAlias = Literal["ok", "ambiguous", "incompatible", "malformed"]


def normalize(distribution: str) -> str:
    """A distribution's name as it stands in a spec: `coreframe-linear` → `coreframe_linear`."""
    return re.sub(r"[-_.]+", "_", distribution).lower()


@dataclass(frozen=True)
class ComponentRecord:
    """One component (or command) that an installed distribution offers.

    Attributes:
        kind: a name of the table of kinds, or `command`.
        name: the name it is assembled by.
        distribution: the distribution that offers it, as it spells itself.
        version: the distribution's version.
        target: `module:Class`.
        status: what the metadata proves; only an import can show more.
        detail: for a status that is not ok, the cause and the mend.
    """

    kind: str
    name: str
    distribution: str
    version: str
    target: str
    status: Status = "ok"
    detail: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether the metadata proves no fault; an ambiguous name can be used when qualified."""
        return self.status in ("ok", "ambiguous")

    @property
    def source(self) -> str:
        """`distribution version`, for messages."""
        return f"{self.distribution} {self.version}"

    @property
    def qualified(self) -> str:
        """The name that picks this one among several: `coreframe_linear.Linear`."""
        return f"{normalize(self.distribution)}.{self.name}"
