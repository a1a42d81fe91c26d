"""EarlyStopping: replicas that get no better rest, and get their best values back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Self

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, StateError
from coreframe.interfaces.module import Module
from coreframe.interfaces.replicas import Selection, select_leading
from coreframe.interfaces.state import check_state
from coreframe.interfaces.whole_number import whole_number
from coreframe.registry.hookspecs import hookimpl
from coreframe.training.run import Run

__all__ = ["EarlyStopping"]

FIGURES = ("loss", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
COUNTS = ("best", "best_epoch", "waited")


class EarlyStopping:
    """Ends the training of each replica that gets no better, and gives its best values back.

        stopping = EarlyStopping(patience=10)
        train_model(models, data, loss, optimizer, log=["validation"], watchers=[stopping])

    An epoch is better if its figure is below the best so far by more than `min_delta`, or above it
    for an accuracy; a NaN never is. After `patience` epochs in a row that were not, a replica is
    frozen (`Run.freeze`), which changes no bit of the others, and a lone model's run ends. A run
    ends when all its replicas are frozen. So each replica gets what its lone run would give it.

    With `restore_best`, the parameters and buffers of each replica's best epoch are put back when
    the run ends. They are kept in one copy of the population, in which the rows of those that got
    better are written anew. The optimizer's state and the random streams stay those of the end.

    Source: Prechelt 1998, Early stopping, but when?; patience as in Goodfellow et al. 2016, Deep
    learning, algorithm 7.1.

    Args:
        monitor: which figure of the history: loss, or, where it is logged, train_loss,
            validation_loss, train_accuracy or validation_accuracy. One of the test samples would
            choose by what is to judge.
        patience: epochs; None for never, to keep the best epoch's values only.
        min_delta: how much a figure has to be better, at least 0.
        restore_best: whether the best values are put back.

    Attributes:
        best: the best figure so far, float64 `(*replicas,)`; NaN before there is one.
        best_epoch: its epoch, from 0, int64 `(*replicas,)`; −1 before there is one.
        waited: how many epochs were not better since.
        values: parameters and buffers of the best epochs, by path; empty before there is one.

    Raises:
        ArgumentError: for another figure, or a number out of range; after the first epoch, if the
            run has no such figure.
    """

    values: dict[str, Tensor]
    _alive: list[int]

    def __init__(
        self,
        monitor: str = "validation_loss",
        patience: int | None = 10,
        *,
        min_delta: float = 0.0,
        restore_best: bool = True,
    ) -> None:
        if monitor not in FIGURES:
            raise ArgumentError(
                f"EarlyStopping: monitor must be one of {', '.join(FIGURES)}, got {monitor!r}"
            )
        if isinstance(min_delta, bool) or not isinstance(min_delta, int | float):
            raise ArgumentError(f"EarlyStopping: min_delta must be a number, got {min_delta!r}")
        if not (isfinite(min_delta) and min_delta >= 0):
            raise ArgumentError(f"EarlyStopping: min_delta must be at least 0, got {min_delta!r}")
        self.monitor, self.min_delta, self.restore_best = monitor, min_delta, restore_best
        name = "EarlyStopping: patience"
        self.patience = None if patience is None else whole_number(name, patience)
        self._loaded = False
        self._reset(())

    def state(self) -> dict[str, Tensor]:
        """Copies of all it knows, by name, to go on with in a resumed run."""
        counts = {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited}
        kept = {f"values/{name}": value for name, value in self.values.items()}
        return {name: tensor.clone() for name, tensor in (counts | kept).items()}

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Go on from a `state()` in the next run, which resumes the one that it was taken from.

        Raises:
            StateError: for anything else.
        """
        if not isinstance(state, Mapping) or not all(name in state for name in COUNTS):
            raise StateError(f"the state of EarlyStopping has {', '.join(COUNTS)}, got {state!r}")
        self.best, self.best_epoch, self.waited = (state[name].clone() for name in COUNTS)
        start = "values/"
        self.values = {
            name.removeprefix(start): tensor.clone()
            for name, tensor in state.items()
            if name.startswith(start)
        }
        self._loaded = True
        return self

    @hookimpl
    def coreframe_run_start(self, run: Run) -> None:
        if self._loaded:
            self._expect_state_of(run.model)
            self._loaded, self._alive = False, list(run.alive)
        else:
            self._begin(run)
        self._rest(run)

    @hookimpl(trylast=True)  # after a watcher that selects replicas
    def coreframe_run_epoch(self, run: Run, epoch: int, figures: Mapping[str, Tensor]) -> None:
        if self.monitor not in figures:
            raise ArgumentError(
                f"EarlyStopping watches {self.monitor}, and the run has {', '.join(figures)}: "
                'give train_model data with that split, and log=["validation"]'
            )
        figure = figures[self.monitor]
        if self.monitor.endswith("accuracy") and bool(figure.isnan().all()):
            raise ArgumentError(
                f"EarlyStopping watches {self.monitor}, and there is none in regression: watch "
                f"{self.monitor.replace('accuracy', 'loss')}"
            )
        before = tuple(self.best.shape)
        chosen = self._follow(run)
        if chosen is not None and tuple(figure.shape) == before:  # selected since the epoch's end
            figure = select_leading(figure, chosen)
        woken = self._resting & ~run.frozen  # by taking over another replica's training
        self.waited = self.waited.masked_fill(woken, 0)
        better = self._see(figure, epoch, ~self._resting)
        if bool(better.any()):
            self._keep(run.model, better)
        self._rest(run)

    @hookimpl
    def coreframe_run_end(self, run: Run) -> None:
        self._follow(run)
        if not (self.restore_best and self.values):
            return
        has_best = self.best_epoch >= 0
        for name, value in _tensors(run.model):
            _write(value, self.values[name], has_best)

    # ---- inside ----

    def _reset(self, replicas: tuple[int, ...]) -> None:
        self.best = torch.full(replicas, torch.nan, dtype=torch.float64)
        self.best_epoch = torch.full(replicas, -1)
        self.waited = torch.zeros(replicas, dtype=torch.int64)
        self.values = {}
        self._resting = torch.zeros(replicas, dtype=torch.bool)
        self._alive = []

    def _begin(self, run: Run) -> None:
        """Begin anew; of a run that is resumed, go through the figures of the epochs done."""
        self._reset(run.model.replicas)
        self._alive = list(run.alive)
        done = vars(run.history)[self.monitor]
        if done is None or not len(done):
            return
        if self.restore_best:
            raise StateError(
                "this run was resumed, and EarlyStopping has not the values of its best epoch: "
                "give it load_state of what state() was when the checkpoint was saved, or "
                "restore_best=False"
            )
        if run.model.replicas:
            done = done[:, self._alive]
        for epoch, figure in enumerate(done):
            self._see(figure, run.epoch - len(done) + epoch, ~self._expired)

    @property
    def _expired(self) -> Tensor:
        return self.waited >= (torch.inf if self.patience is None else self.patience)

    def _see(self, figure: Tensor, epoch: int, active: Tensor) -> Tensor:
        """Take account of an epoch's figures; which of the active replicas got better."""
        figure = figure.detach().to("cpu", torch.float64)
        gain = figure - self.best if self.monitor.endswith("accuracy") else self.best - figure
        better = active & figure.isfinite() & ((gain > self.min_delta) | self.best.isnan())
        self.best = torch.where(better, figure, self.best)
        self.best_epoch = self.best_epoch.masked_fill(better, epoch)
        self.waited = torch.where(better, 0, self.waited + active.long())
        return better

    def _rest(self, run: Run) -> None:
        """Let those rest whose patience is over, and remember who rests."""
        expired = self._expired
        over = expired & ~run.frozen
        if bool(expired.any()) and bool((expired | run.frozen).all()):
            run.stop(f"{self.monitor} has not got better for {self.patience} epochs")
        if run.model.replicas and bool(over.any()):
            run.freeze(over)
        self._resting = run.frozen.clone()

    def _keep(self, model: Module, better: Tensor) -> None:
        with torch.inference_mode(False):  # they outlive the run
            for name, value in _tensors(model):
                if name in self.values:
                    _write(self.values[name], value, better)
                else:
                    self.values[name] = value.clone()

    def _follow(self, run: Run) -> Selection | None:
        """Keep what belongs to the replicas that are left; which of those before they were."""
        if run.alive == self._alive:
            return None
        chosen: Selection = [self._alive.index(replica) for replica in run.alive]
        self.best, self.best_epoch, self.waited, self._resting = (
            select_leading(tensor, chosen)
            for tensor in (self.best, self.best_epoch, self.waited, self._resting)
        )
        self.values = {name: select_leading(value, chosen) for name, value in self.values.items()}
        self._alive = list(run.alive)
        return chosen

    def _expect_state_of(self, model: Module) -> None:
        if tuple(self.best.shape) != model.replicas:
            raise StateError(
                f"EarlyStopping was of replicas {tuple(self.best.shape)}, and the model has "
                f"replicas {model.replicas}"
            )
        if self.values:
            shapes = {name: tuple(tensor.shape) for name, tensor in _tensors(model)}
            check_state("the model watched by EarlyStopping", shapes, self.values)


def _tensors(model: Module) -> Iterator[tuple[str, Tensor]]:
    """The memory of all parameters and buffers, by path."""
    for name, parameter in model.named_parameters():
        yield name, parameter.value
    for name, buffer in model.named_buffers():
        yield name, buffer.value


def _write(target: Tensor, source: Tensor, rows: Tensor) -> None:
    """Copy the marked replicas' rows; of a lone model, all."""
    if not rows.dim():
        target.copy_(source)
        return
    chosen = rows.nonzero().flatten().to(target.device)
    target.index_copy_(0, chosen, source.index_select(0, chosen))
