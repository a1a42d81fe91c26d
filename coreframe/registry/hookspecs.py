"""The hooks that a plugin may implement, beyond offering components by entry points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pluggy

from coreframe.registry.record import ComponentRecord

if TYPE_CHECKING:  # the registry imports no torch
    from torch import Tensor

    from coreframe.training.history import History
    from coreframe.training.run import Run

__all__ = ["PROJECT", "ComponentSource", "RunWatcher", "hookimpl"]

PROJECT = "coreframe"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class ComponentSource:
    """A plugin that knows of components."""

    @hookspec
    def coreframe_components(self) -> Iterable[ComponentRecord]:
        """Records of the components it knows of, found without importing any of them."""
        raise NotImplementedError  # a specification: pluggy reads the signature only


class RunWatcher:
    """A plugin that is told what happens in a run of `train_model`.

    A watcher that raises is reported and not told any more of that run, which goes on.
    """

    @hookspec
    def coreframe_run_start(self, run: Run) -> None:
        """A training is about to take its first step."""

    @hookspec
    def coreframe_run_step(self, run: Run) -> None:
        """The parameters have been updated once more."""

    @hookspec
    def coreframe_run_epoch(self, run: Run, epoch: int, figures: Mapping[str, Tensor]) -> None:
        """An epoch has ended: its number, from 0, and its row of each figure of the history."""

    @hookspec
    def coreframe_run_end(self, run: Run, history: History) -> None:
        """The training is done, and this is what `train_model` returns."""

    @hookspec
    def coreframe_run_failure(self, run: Run, error: BaseException) -> None:
        """The training was ended by an error or by Ctrl-C, which is raised after this."""
