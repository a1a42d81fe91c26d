"""Run: one call of `train_model`, as those who watch it see it."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.schedule import Schedule
from coreframe.training.history import History
from coreframe.training.progress import Progress

__all__ = ["Run"]


class Run:
    """What a training works with, and how far it has come.

    A watcher reads it. What it may do is to end the run, by `stop`.

    Attributes:
        model: lone or a population.
        data: its `train` split is trained on.
        loss: what is minimized.
        optimizer: the model's.
        schedule: of the learning rate, if there is one.
        epochs: passes over the training samples, with those done by an earlier call.
        batch_size: samples per batch and replica.
        epoch: how many epochs are done.
        step: how many batches of the next one are done.
        steps: batches per epoch, of the replica that has most.
        stopped: why it was ended early; empty if it was not.
        losses: of the batches done of the next epoch, each `(*replicas,)`.
        order: the state of the streams that shuffle, from before that epoch's shuffle; None where
            nobody is told of steps.
    """

    def __init__(
        self,
        model: Module,
        data: Dataset,
        loss: Loss,
        optimizer: Optimizer,
        schedule: Schedule | None,
        *,
        epochs: int,
        batch_size: int,
        steps: int,
        start: Progress,
    ) -> None:
        self.model, self.data, self.loss = model, data, loss
        self.optimizer, self.schedule = optimizer, schedule
        self.epochs, self.batch_size, self.steps = epochs, batch_size, steps
        self.epoch, self.step = start.epoch, start.step
        self.stopped = ""
        self._rows = [
            {name: figures[epoch] for name, figures in start.figures.items()}
            for epoch in range(len(next(iter(start.figures.values()), ())))
        ]
        self.losses: list[Tensor] = [] if start.losses is None else list(start.losses)
        self.order = start.order

    def stop(self, reason: str) -> None:
        """End the run after this update, as if it had been asked for no more."""
        self.stopped = self.stopped or reason

    def progress(self) -> Progress:
        """A copy of how far it has come, to be saved with model and optimizer."""
        with torch.inference_mode(False):
            return Progress(
                epoch=self.epoch,
                step=self.step,
                figures=self._figures(),
                losses=torch.stack(self.losses).clone() if self.losses else None,
                order=None if self.order is None else self.order.clone(),
                schedule={} if self.schedule is None else self.schedule.state(),
            )

    def end_epoch(self, figures: dict[str, Tensor]) -> None:
        """Keep the figures of an epoch that is done; called by the training."""
        with torch.inference_mode(False):  # clones, also where the caller has entered the mode
            self._rows.append({name: figure.clone() for name, figure in figures.items()})
        self.epoch, self.step = self.epoch + 1, 0
        self.losses, self.order = [], None

    @property
    def history(self) -> History:
        """The figures of the epochs done, `(epochs, *replicas)`."""
        with torch.inference_mode(False):
            figures = self._figures() or {"loss": torch.zeros(0, *self.model.replicas)}
            return History(**figures)

    def _figures(self) -> dict[str, Tensor]:
        if not self._rows:
            return {}
        return {name: torch.stack([row[name] for row in self._rows]) for name in self._rows[0]}
