"""Result: what a check found on a component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coreframe.testing.measure import Measure

__all__ = ["Result"]


@dataclass(frozen=True)
class Result:
    """A row of the kit's report.

    Attributes:
        component: what was checked: its qualified name, or its class.
        check: the check's id.
        shows: what passing shows.
        passed: whether it did, on every example.
        measure: the worst figure over the examples, where the check measures one.
        detail: of a failure, what to look at.
        seed: that repeats it.
    """

    component: str
    check: str
    shows: str
    passed: bool
    measure: Measure | None
    detail: str
    seed: int

    @property
    def status(self) -> Literal["ok", "FAILED"]:
        return "ok" if self.passed else "FAILED"
