"""Trained: the model of a run, ready to be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import coreframe as cf
from coreframe_runs.device import device_fault
from coreframe_runs.parts import Parts, build_parts
from coreframe_runs.plan import Plan, read_plan
from coreframe_runs.run_folder import RunFolder
from coreframe_runs.training import use_threads

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


def load_trained(path: Path, *, last: bool = False, changes: Sequence[str] = ()) -> Trained:
    """The model of a run's folder.

    Args:
        path: the folder.
        last: take the last epoch's values in place of the best one's.
        changes: where and how to compute in place of what the run says: `run.device=cpu`.

    Raises:
        ArgumentError: if it is no folder of a run, or its device is not to be had.
        CheckpointError: if it has no checkpoint that is whole.
    """
    folder = RunFolder(path)
    if not folder.plan.is_file():
        raise cf.ArgumentError(f"{path} is no folder of a run: it has no run.toml")
    plan = read_plan(folder.plan, changes)
    device = plan.settings.device
    if fault := device_fault(device):
        raise cf.ArgumentError(f"run.device of {folder.plan}: {fault}; --device cpu takes another")
    use_threads(plan)
    has_best = folder.best.is_file() and not last
    model = _best(folder, device) if has_best else folder.load(device).model
    return Trained(folder, plan, model)


def _best(folder: RunFolder, device: str) -> cf.Module:
    try:
        return cf.load_checkpoint(folder.best, device).model
    except cf.CheckpointError as error:
        raise cf.CheckpointError(f"{error}; --last takes the last epoch's model") from error
