"""ComponentRecord: what is known about a component without importing it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["UNKNOWN", "ComponentRecord", "Status", "normalize"]

Status: TypeAlias = Literal["ok", "ambiguous", "disabled", "incompatible", "malformed", "shadowed"]

UNKNOWN = "?"  # stands for the name or version of a distribution whose METADATA is missing


def normalize(distribution: str) -> str:
    """A distribution's name as it stands in a spec: `coreframe-linear` → `coreframe_linear`."""
    return re.sub(r"[-_.]+", "_", distribution).lower()


@dataclass(frozen=True)
class ComponentRecord:
    """One component (or command, or module of hooks) that an installed distribution offers.

    Attributes:
        kind: a name of the table of kinds, `command` or `hooks`.
        name: the name it is assembled by.
        distribution: the distribution that offers it, as it spells itself.
        version: the distribution's version.
        target: `module:Class`.
        status: what the metadata proves; only an import can show more.
        detail: for a status that is not ok, the cause and the mend.
        location: the folder it is imported from; of an editable installation, the project's.
        editable: whether it is installed from a project's folder, where it may change.
    """

    kind: str
    name: str
    distribution: str
    version: str
    target: str
    status: Status = "ok"
    detail: str = ""
    location: str = ""
    editable: bool = False

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
