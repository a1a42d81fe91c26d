"""Check: one thing that a sound component does, with the function that tries it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch

from coreframe.interfaces.example import Example
from coreframe.testing.measure import Finding

__all__ = ["Check", "Run"]

Run: TypeAlias = Callable[[Example, int, torch.dtype], Finding]
"""Tries an example with a seed, in a dtype; raises `CheckFailed`, or gives what it measured."""


@dataclass(frozen=True)
class Check:
    """A check of the kit.

    Attributes:
        id: its kind of component and its name: `module.gradient`.
        shows: what a component that passes does, in a few words.
        run: the function.
        since: the version of the check set that it came with. A plugin's tests name the version
            they were written for, and a newer check only warns there.
    """

    id: str
    shows: str
    run: Run
    since: int = 1

    @property
    def kind(self) -> str:
        """The kind of component it is for."""
        return self.id.partition(".")[0]
