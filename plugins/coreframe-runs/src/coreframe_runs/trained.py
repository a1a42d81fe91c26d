"""Trained: the model of a run, ready to be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import coreframe as cf
from coreframe_runs.parts import Parts, build_parts
from coreframe_runs.plan import Plan, read_plan
from coreframe_runs.run_folder import RunFolder

__all__ = ["Trained", "load_trained"]


@dataclass(frozen=True)
class Trained:
    """A run that has been trained.

    Attributes:
        folder: its files.
        plan: what it was trained by.
        model: with the values of the best epoch, or of the last.
    """

    folder: RunFolder
    plan: Plan
    model: cf.Module

    def parts(self) -> Parts:
        """Its data and loss, made anew."""
        return build_parts(self.plan)


def load_trained(path: Path, *, last: bool = False) -> Trained:
    """The model of a run's folder.

    Args:
        path: the folder.
        last: take the last epoch's values in place of the best one's.

    Raises:
        ArgumentError: if it is no folder of a run.
        CheckpointError: if it has no checkpoint that is whole.
    """
    folder = RunFolder(path)
    if not folder.plan.is_file():
        raise cf.ArgumentError(f"{path} is no folder of a run: it has no run.toml")
    has_best = folder.best.is_file() and not last
    model = _best(folder) if has_best else folder.load().model
    return Trained(folder, read_plan(folder.plan), model)


def _best(folder: RunFolder) -> cf.Module:
    try:
        return cf.load_checkpoint(folder.best).model
    except cf.CheckpointError as error:
        raise cf.CheckpointError(f"{error}; --last takes the last epoch's model") from error
