"""Schedule: the interface of how the learning rate changes over a run."""

from __future__ import annotations

from abc import abstractmethod

from coreframe.interfaces.component import Component
from coreframe.interfaces.replicas import Setting

__all__ = ["Schedule"]


class Schedule(Component):
    """A factor for the learning rate at each step."""

    @abstractmethod
    def factor(self, step: int, total: int) -> Setting:
        """The factor at `step` (from 0) of `total` optimizer steps; a number or one per replica."""
