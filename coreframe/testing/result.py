"""Result: what a check found on a component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from coreframe.testing.measure import Measure

__all__ = ["Result", "Status"]

Status: TypeAlias = Literal["passed", "failed", "not tried"]
"""What came of a check."""


@dataclass(frozen=True)
class Result:
    """A row of the kit's report.

    Attributes:
        component: what was checked: its qualified name, or its class.
        check: the check's id.
        shows: what passing shows.
        status: passed on every example that it could try; or failed; or not tried, since no
            example has what it needs.
        measure: the worst figure over the examples, where the check measures one.
        detail: of a failure, what to look at; of one not tried, why.
        seed: that repeats it.
    """

    component: str
    check: str
    shows: str
    status: Status
    measure: Measure | None
    detail: str
    seed: int

    @property
    def passed(self) -> bool:
        """Whether it has not failed."""
        return self.status != "failed"
