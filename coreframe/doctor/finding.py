"""Finding: one thing that is wrong, or worth knowing, about what is installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["LEVELS", "Finding", "Level"]

Level: TypeAlias = Literal["info", "warning", "error"]

LEVELS: tuple[Level, ...] = ("info", "warning", "error")
"""From the mildest on."""


@dataclass(frozen=True)
class Finding:
    """One line of a diagnosis.

    Attributes:
        id: of the table of findings; it never changes its meaning.
        level: how bad it is.
        subject: what it is about: a component, a distribution or the policy.
        detail: what is wrong, where, and the mend.
    """

    id: str
    level: Level
    subject: str
    detail: str
