"""Run: one call of `train_model`, as those who watch it see it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from coreframe.errors import ArgumentError
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.replicas import Selection, resolve_selection, select_leading
from coreframe.interfaces.schedule import Schedule
from coreframe.training.batches import Batches
from coreframe.training.divergence import all_diverged
from coreframe.training.frozen import Frozen
from coreframe.training.history import History
from coreframe.training.progress import Progress

__all__ = ["Run"]


class Run:
    """What a training works with, and how far it has come.

    A watcher reads it. What it may do is to end the run, by `stop`, and to let some replicas of a
    population rest, by `freeze`, or go, by `select`, or copy others, by `exploit`. A replica whose
    loss becomes NaN or infinite is frozen by itself: it is `diverged`, and the others get the bits
    that they would have got.

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
        batches: the order in which the replicas see their samples.
        alive: which replicas of the first population are left, in their order.
        diverged: boolean `(*replicas,)`, which have lost their numbers.
        folder: where the run keeps its files; None if it keeps none.
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
        folder: Path | None,
        start: Progress,
    ) -> None:
        self.model, self.data, self.loss = model, data, loss
        self.optimizer, self.schedule = optimizer, schedule
        self.epochs, self.batch_size, self.folder = epochs, batch_size, folder
        self.batches = Batches(data.train, batch_size, model.random)
        self.epoch, self.step = start.epoch, start.step
        self.stopped = ""
        self._rows = [
            {name: figures[epoch] for name, figures in start.figures.items()}
            for epoch in range(len(next(iter(start.figures.values()), ())))
        ]
        self.losses: list[Tensor] = [] if start.losses is None else list(start.losses)
        self.order = start.order
        self._first = model.replicas
        self.alive = list(range(model.replicas[0] if model.replicas else 1))
        if start.alive is not None and start.figures:
            self.alive = start.alive.tolist()
            self._first = tuple(next(iter(start.figures.values())).shape[1:])
        self.diverged = torch.zeros(model.replicas, dtype=torch.bool)
        if start.diverged is not None:
            self.diverged = start.diverged.clone()
        self._frozen = Frozen(model, optimizer)
        if start.frozen is not None:
            self._frozen.add(start.frozen)

    @property
    def steps(self) -> int:
        """Batches per epoch, of the replica that has most."""
        return len(self.batches)

    @property
    def frozen(self) -> Tensor:
        """Boolean `(*replicas,)`: those that no update changes any more."""
        return self._frozen.mask

    def freeze(self, mask: Tensor) -> None:
        """Leave these replicas, boolean `(R,)`, as they are: parameters, buffers and state.

        The others go on with the bits that they would have had anyway. With all of them frozen
        the run ends.

        Raises:
            ArgumentError: for a lone model, or another mask.
        """
        replicas = self.model.replicas
        if not replicas:
            raise ArgumentError("freeze is for replicas of a population; a lone run can stop()")
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.shape != replicas:
            raise ArgumentError(f"freeze takes a boolean mask of shape {replicas}, got {mask!r}")
        self._frozen.add(mask.cpu())
        if bool(self.frozen.all()):
            self.stop("every replica is frozen")

    def select(self, replicas: Selection | Tensor) -> None:
        """Go on with these replicas of a population only, between two epochs.

        Model, optimizer, data, loss and schedule follow; `alive` says which are left. The figures
        of those that have gone are NaN from then on. What the others get is as near to what they
        would have got as a population is to lone runs: products of another size may be rounded
        otherwise.

        Raises:
            ArgumentError: for a lone model or one replica as an int, a replica chosen twice, or
                within an epoch.
        """
        chosen = resolve_selection(replicas, self.model.replicas)
        if isinstance(chosen, int) or len(set(chosen)) < len(chosen):
            raise ArgumentError(
                f"a run goes on with a list of different replicas, got {replicas!r}"
            )
        if self.step:
            raise ArgumentError("a run selects replicas between two epochs, from the hook of one")
        self.model.select(chosen)
        self.optimizer.select(chosen)
        self.data.select(chosen)
        self.loss.replicas = self.model.replicas
        if self.schedule is not None:
            self.schedule.select(chosen)
        self.batches = Batches(self.data.train, self.batch_size, self.model.random)
        self.alive = [self.alive[index] for index in chosen]
        self.diverged = select_leading(self.diverged, chosen)
        self._frozen.select(chosen)

    def exploit(self, sources: Sequence[int] | Tensor) -> None:
        """Let each replica r of a population take over the training of replica `sources[r]`.

        Parameters, buffers and the optimizer's state become copies; random streams, data,
        hyperparameters and schedule stay each replica's own. One that was frozen goes on if it
        takes over another that is not. Source: Jaderberg et al. 2017, Population Based Training of
        Neural Networks.

        Raises:
            ArgumentError: for a lone model, or other than one source for each replica.
        """
        chosen = resolve_selection(sources, self.model.replicas)
        if isinstance(chosen, int) or (len(chosen),) != self.model.replicas:
            raise ArgumentError(
                f"exploit takes a source for each of replicas {self.model.replicas}, got "
                f"{sources!r}"
            )
        for flat in self.model.storage.flats:
            for segment in flat.segments:
                view = segment.view(flat.value)
                view.copy_(select_leading(view, chosen))
        for _, buffer in self.model.named_buffers():
            buffer.value = select_leading(buffer.value, chosen)
        state = self.optimizer.state()
        self.optimizer.load_state({n: select_leading(t, chosen) for n, t in state.items()})
        self.diverged = select_leading(self.diverged, chosen)
        self._frozen.select(chosen)

    def mark_diverged(self, finite: Tensor) -> None:
        """Freeze the replicas whose loss has stopped being finite; called by the training.

        Raises:
            DivergedRun: if none is left that has not diverged.
        """
        wrong = ~finite.cpu() & ~self.frozen
        if bool(wrong.any()):
            self.diverged = self.diverged | wrong
            if bool(self.diverged.all()):
                raise all_diverged(len(self.alive), self.epoch, self.step)
            self.freeze(wrong)

    def hold_frozen(self) -> None:
        """Undo what an update has done to frozen replicas; called by the training."""
        self._frozen.restore()

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
                alive=torch.tensor(self.alive) if len(self.alive) < prod(self._first) else None,
                frozen=self.frozen.clone() if bool(self.frozen.any()) else None,
                diverged=self.diverged.clone() if bool(self.diverged.any()) else None,
            )

    def end_epoch(self, figures: dict[str, Tensor]) -> None:
        """Keep the figures of an epoch that is done; called by the training."""
        with torch.inference_mode(False):  # clones, also where the caller has entered the mode
            self._rows.append({name: self._placed(figure) for name, figure in figures.items()})
        self.epoch, self.step = self.epoch + 1, 0
        self.losses, self.order = [], None

    @property
    def history(self) -> History:
        """The figures of the epochs done, `(epochs, *replicas)` of the first population."""
        with torch.inference_mode(False):
            figures = self._figures() or {"loss": torch.zeros(0, *self._first)}
            return History(**figures)

    def _placed(self, figure: Tensor) -> Tensor:
        """A figure of the replicas that are left, as one of the first population."""
        if len(self.alive) == prod(self._first):
            return figure.clone()
        placed = figure.new_full(self._first, torch.nan)
        placed[self.alive] = figure
        return placed

    def _figures(self) -> dict[str, Tensor]:
        if not self._rows:
            return {}
        return {name: torch.stack([row[name] for row in self._rows]) for name in self._rows[0]}
