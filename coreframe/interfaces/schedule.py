"""Schedule: the interface of how the learning rate changes over a run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Self

from torch import Tensor

from coreframe.interfaces.component import Component
from coreframe.interfaces.replicas import Selection, Setting
from coreframe.interfaces.state import check_state

__all__ = ["Schedule"]


class Schedule(Component):
    """A factor for the learning rate at each step.

    Most schedules are a formula of the step. One that watches the run overrides `observe` too,
    and with it `state`, `load_state` and, where it keeps a number per replica, `select`.
    """

    @abstractmethod
    def factor(self, step: int, total: int) -> Setting:
        """The factor at `step` (from 0) of `total` optimizer steps; a number or one per replica.

        A replica that takes fewer steps than others, since it has fewer samples, is asked for
        with its own step and total.
        """

    def observe(self, row: Mapping[str, Tensor]) -> None:  # a hook: most schedules need nothing
        """Called after each epoch with its row of the history: figures of shape `replicas`."""

    def state(self) -> dict[str, Tensor]:
        """Copies of what it has kept since the start of the run, `(*replicas, …)` by name."""
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Go on from a `state()`.

        Raises:
            StateError: naming every entry that does not fit; nothing has been changed then.
        """
        check_state(repr(self), {}, state)
        return self

    def select(self, replicas: Selection) -> Self:
        """Follow the model's `select`: keep what belongs to these replicas."""
        self.select_settings(replicas)
        return self
