"""Run: one call of `train_model`, as those who watch it see it."""

from __future__ import annotations

from dataclasses import dataclass

from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.schedule import Schedule

__all__ = ["Run"]


@dataclass(frozen=True)
class Run:
    """What a training works with. A watcher may read it, and changes nothing of it.

    Attributes:
        model: lone or a population.
        data: its `train` split is trained on.
        loss: what is minimized.
        optimizer: the model's.
        schedule: of the learning rate, if there is one.
        epochs: passes over the training samples, with those done by an earlier call.
        start_epoch: how many of the epochs an earlier call has done.
        batch_size: samples per step and replica.
    """

    model: Module
    data: Dataset
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule | None
    epochs: int
    start_epoch: int
    batch_size: int
