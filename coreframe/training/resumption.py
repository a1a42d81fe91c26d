"""Resumption: whether a run can go on from where another one was."""

from __future__ import annotations

import torch

from coreframe.errors import StateError
from coreframe.interfaces.replicas import Replicas
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
    _expect_same_replicas(start, run.model.replicas)
    if run.schedule is not None and start.schedule:
        run.schedule.load_state(start.schedule)


def _expect_same_replicas(start: Progress, replicas: Replicas) -> None:
    if start.alive is not None and tuple(start.alive.shape) != replicas:
        raise StateError(
            f"the run had {len(start.alive)} replicas left, and the model has replicas {replicas}"
        )
    for name, mask in (("frozen", start.frozen), ("diverged", start.diverged)):
        if mask is not None and (mask.dtype != torch.bool or tuple(mask.shape) != replicas):
            raise StateError(f"the run's mask {name} is not one of replicas {replicas}")
    if start.alive is None:
        for name, tensor in start.figures.items():
            if tuple(tensor.shape[1:]) != replicas:
                raise StateError(
                    f"the run's {name} is {tuple(tensor.shape)}, which is not for replicas "
                    f"{replicas}"
                )
