"""train_run: a plan carried out, or taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch

import coreframe as cf
from coreframe_runs.parts import Parts, build_parts, monitor_of, splits
from coreframe_runs.plan import Plan, RunFileError, read_plan
from coreframe_runs.run_folder import RunFolder
from coreframe_runs.watchers import (
    BestCheckpoint,
    Checkpoints,
    Interrupts,
    Metrics,
    ProgressLines,
    rows_of,
)

__all__ = ["resume_run", "train_run", "use_threads"]


def train_run(plan: Plan, folder: Path, *, quiet: bool = False) -> str:
    """Train what the plan says, from its beginning, into a new folder.

    Returns:
        Why the run ended early; empty if it did not.

    Raises:
        RunFileError: for a plan with mistakes; nothing has been written then.
        DivergedRun: if the loss stops being a number; the last good checkpoint stays.
    """
    use_threads(plan)
    parts = build_parts(plan)
    into = RunFolder(folder)
    into.begin(plan.toml, parts.data.encoding())
    return _train(plan, parts, into, None, quiet=quiet)


def resume_run(folder: Path, changes: Sequence[str] = (), *, quiet: bool = False) -> str:
    """Go on with a run from its newest checkpoint that is whole.

    On the device and with the threads it had, that is bit for bit; others round otherwise.

    Args:
        folder: the run's.
        changes: where it goes on, as `run.device=cpu` or `run.threads=2`; the run file follows.
        quiet: show no progress.

    Raises:
        CheckpointError: if there is none.
    """
    into = RunFolder(folder)
    into.sweep()
    plan = read_plan(into.plan, changes)
    use_threads(plan)
    parts = build_parts(plan)
    if not into.last.exists() and not into.previous.exists():  # ended before its first checkpoint
        into.change(plan.toml, changes)
        return _train(plan, parts, into, None, quiet=quiet)
    found = into.load(plan.settings.device)
    if found.optimizer is None or found.progress is None:
        raise cf.CheckpointError(f"the checkpoint of {folder} is none of a run")
    _expect_same(plan, parts, found.model, found.optimizer)
    if found.progress.epoch >= plan.settings.epochs:
        into.write_metrics(rows_of(found.progress))
        return ""
    parts.model, parts.optimizer = found.model, found.optimizer
    into.change(plan.toml, changes)
    return _train(plan, parts, into, found.progress, quiet=quiet)


def _train(
    plan: Plan, parts: Parts, into: RunFolder, start: cf.Progress | None, *, quiet: bool
) -> str:
    settings = plan.settings
    # The test samples are for the figure of the run that is chosen, by `coreframe evaluate`.
    logged = [name for name in splits(parts.data) if name == "validation"]
    monitor = monitor_of(plan, parts.data)
    end = Ending()
    with Interrupts() as interrupts:
        # `last` is to be the last epoch's model, so the best values are not put back.
        stopping = cf.EarlyStopping(monitor, settings.patience or None, restore_best=False)
        metrics, best = Metrics(into), BestCheckpoint(into, stopping)
        saving = Checkpoints(into, settings.checkpoint_seconds, metrics, best)
        watchers: list[object] = [interrupts, metrics, stopping, best, saving, end]
        if not quiet:
            watchers.append(ProgressLines())
        into.log(f"begins at epoch {1 if start is None else start.epoch + 1}")
        try:
            cf.train_model(
                parts.model,
                parts.data,
                parts.loss,
                parts.optimizer,
                epochs=settings.epochs,
                batch_size=settings.batch_size,
                accumulate=settings.accumulate,
                clip_norm=settings.clip_norm or None,
                schedule=parts.schedule,
                log=logged,
                resume=start,
                watchers=watchers,
                folder=into.path,
            )
        except BaseException as error:
            with suppress(cf.ArgumentError):  # a full disk may be what ended it
                into.log(f"ended by {type(error).__name__}: {error}")
            raise
    into.log(f"ended early: {end.reason}" if end.reason else "done")
    return end.reason


def _expect_same(plan: Plan, parts: Parts, model: cf.Module, optimizer: cf.Optimizer) -> None:
    """Raise unless the checkpoint is of the model and the optimizer that the plan names."""
    mistakes = {
        key: f"here is {planned!r}, and the checkpoint is of {saved!r}"
        for key, planned, saved in (
            ("model.layers", parts.model, model),
            ("optimizer", parts.optimizer, optimizer),
        )
        if repr(planned) != repr(saved)
    }
    if parts.model.replicas != model.replicas:
        count = model.replicas[0] if model.replicas else 1
        mistakes["run.replicas"] = (
            f"here is {plan.settings.replicas}, and the checkpoint is of {count}"
        )
    if mistakes:
        raise RunFileError(plan.source, mistakes)


class Ending:
    """Remembers why the run ended early."""

    reason = ""

    @cf.hookimpl
    def coreframe_run_end(self, run: cf.Run) -> None:
        self.reason = run.stopped


def use_threads(plan: Plan) -> None:
    """Have torch use as many threads as the plan says."""
    if plan.settings.threads:
        torch.set_num_threads(plan.settings.threads)
