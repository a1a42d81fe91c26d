"""Resumption: whether a run can go on from where another one was."""

from __future__ import annotations

from coreframe.errors import StateError
from coreframe.training.progress import Progress
from coreframe.training.run import Run

__all__ = ["expect_resumable"]


def expect_resumable(run: Run, start: Progress | None) -> None:
    """Take over the schedule's state, unless this run may not begin there.

    Raises:
        StateError: saying what does not fit.
    """
    if start is None:
        return
    if start.step > run.steps:
        raise StateError(
            f"the run had done {start.step} batches of an epoch, and here an epoch has "
            f"{run.steps}: resume with the same data and batch size"
        )
    if start.step and (start.order is None or start.losses is None):
        raise StateError("the run was within an epoch, and its order or its losses are missing")
    if start.losses is not None and len(start.losses) != start.step:
        raise StateError(
            f"the run had done {start.step} batches of an epoch, and has {len(start.losses)} losses"
        )
    replicas = run.model.replicas
    for name, tensor in start.figures.items():
        if tuple(tensor.shape[1:]) != replicas:
            raise StateError(
                f"the run's {name} is {tuple(tensor.shape)}, which is not for replicas {replicas}"
            )
    if run.schedule is not None and start.schedule:
        run.schedule.load_state(start.schedule)
