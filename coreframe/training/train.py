"""train_model: the training loop, the same for one model and for a population."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from coreframe.errors import ArgumentError
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.schedule import Schedule
from coreframe.interfaces.whole_number import whole_number
from coreframe.training.evaluation import evaluate
from coreframe.training.fit import expect_fitting
from coreframe.training.freed_memory import keep_freed_memory
from coreframe.training.history import History
from coreframe.training.progress import Progress
from coreframe.training.resumption import expect_resumable
from coreframe.training.run import Run
from coreframe.training.sanitizer import debug as check_calls
from coreframe.training.step import Step
from coreframe.training.watchers import EpochFunction, OnEpoch, Watchers

__all__ = ["train_model"]


def train_model(
    model: Module,
    data: Dataset,
    loss: Loss,
    optimizer: Optimizer,
    *,
    epochs: int = 100,
    batch_size: int = 16,
    accumulate: int = 1,
    clip_norm: float | None = None,
    log: bool | Sequence[str] = False,
    start_epoch: int = 0,
    resume: Progress | None = None,
    schedule: Schedule | None = None,
    on_epoch: OnEpoch | None = None,
    watchers: Sequence[object] = (),
    folder: str | Path | None = None,
    debug: bool = False,
) -> History:
    """Train a model, or every replica of a population, on `data.train`.

    Each step takes the next batch of each replica's own shuffle, and is forward, loss, backward
    and update. A second call goes on where the first ended, with a schedule from its beginning;
    `start_epoch` goes on within a schedule, too, and `resume` where an interrupted run was. Plugins
    may watch the run by the hooks `coreframe_run_…`; one that raises is reported by a
    `PluginWarning`, and the run goes on.

    Args:
        model: lone or a population.
        data: its `train` split is trained on; where it differs between replicas, it must have
            as many as the model.
        loss: what to minimize; its replicas become the model's.
        optimizer: made for this model.
        epochs: passes over the training samples.
        batch_size: samples per batch and replica.
        accumulate: batches per update, whose gradients are those of one batch of all their
            samples; an update at an epoch's end may have fewer.
        clip_norm: the largest norm of a replica's gradients; longer ones are shortened to it.
        log: evaluate loss and accuracy after every epoch: on each split that the data has, or on
            those named.
        start_epoch: how many of the epochs an earlier call has done.
        resume: how far an interrupted run had come, as its checkpoint holds it beside model and
            optimizer.
        schedule: changes the learning rate at every update.
        on_epoch: called after every epoch, for a progress bar or a print; what it raises ends
            the run.
        watchers: objects that implement hooks, for this run alone; what they raise ends it.
        folder: where the run keeps its files, for those who watch it: the training itself writes
            none.
        debug: check every call of every layer and of the loss, as `coreframe.debug` does; the
            result is the same, the time a multiple.

    Returns:
        Tensors `(epochs − start_epoch, *replicas)`; with `resume`, of all epochs of the run.

    Raises:
        ArgumentError: for an argument of another type, epochs or a batch size below one, or
            another model's optimizer.
        ShapeError: if the data is for a population of another size.
        StateError: if `resume` is of another run.
        ProtocolError: if a layer breaks the order of forward and backward.
        DivergedRun: if a lone model's loss becomes NaN or infinite, or that of every replica.
        ContractError: with `debug`, at the first call that breaks the contract.
    """
    _expect_types(model, data, loss, optimizer, schedule)
    accumulate = whole_number("accumulate", accumulate)
    if clip_norm is not None and not clip_norm > 0:
        raise ArgumentError(f"clip_norm must be a positive number, got {clip_norm!r}")
    if optimizer.model is not model:
        raise ArgumentError(f"{optimizer!r} was made for another model")
    logged = _logged(data, log)
    for name in ("train", *logged):
        expect_fitting(model, data.part(name))
    loss.replicas = model.replicas
    keep_freed_memory()
    model.train()
    run = Run(
        model,
        data,
        loss,
        optimizer,
        schedule,
        epochs=whole_number("epochs", epochs),
        batch_size=whole_number("batch_size", batch_size),
        folder=None if folder is None else Path(folder),
        start=_start(start_epoch, resume, epochs),
    )
    expect_resumable(run, resume)
    own = [*watchers, *([] if on_epoch is None else [EpochFunction(on_epoch)])]
    told = Watchers(run, *own)
    step = Step(run, accumulate, clip_norm, told)
    try:
        told.start()
        with check_calls(model, loss) if debug else nullcontext():
            while run.epoch < epochs and not run.stopped:
                _run_epoch(run, step, told, logged)
    except BaseException as error:
        told.failure(error)
        raise
    finally:  # an error or Ctrl-C leaves nothing for a later backward to stumble over
        model.forget()
        loss.clear()
        optimizer.lr_factor = 1.0  # a schedule's last factor does not outlast it
    told.end(run.history)
    return run.history  # another copy: a watcher changes nothing of it


def _run_epoch(run: Run, step: Step, told: Watchers, logged: Sequence[str]) -> None:
    epoch = run.epoch
    trained = step.epoch()
    if trained is None:  # stopped within it
        return
    row = {"loss": trained}
    for name in logged:
        split = run.data.part(name)  # another one once replicas have been selected
        row[f"{name}_loss"], row[f"{name}_accuracy"] = evaluate(run.model, split, run.loss)
    if run.schedule is not None:
        run.schedule.observe(row)
    run.end_epoch(row)
    told.epoch(epoch, row)


def _start(start_epoch: int, resume: Progress | None, epochs: int) -> Progress:
    start_epoch = whole_number("start_epoch", start_epoch, minimum=0)
    if resume is not None and start_epoch:
        raise ArgumentError("give start_epoch or resume, not both")
    start = Progress(epoch=start_epoch) if resume is None else resume
    if start.epoch >= epochs:
        raise ArgumentError(f"start_epoch {start.epoch} leaves none of {epochs} epochs to do")
    return start


def _logged(data: Dataset, log: bool | Sequence[str]) -> list[str]:
    """The names of the splits that are evaluated after every epoch."""
    if isinstance(log, bool):
        has_validation = data.validation is not None
        return ["train", *["validation"] * has_validation, "test"] if log else []
    return [log] if isinstance(log, str) else list(log)


def _expect_types(
    model: Module, data: Dataset, loss: Loss, optimizer: Optimizer, schedule: Schedule | None
) -> None:
    arguments: list[tuple[str, object, type]] = [
        ("model", model, Module),
        ("data", data, Dataset),
        ("loss", loss, Loss),
        ("optimizer", optimizer, Optimizer),
    ]
    if schedule is not None:
        arguments.append(("schedule", schedule, Schedule))
    for name, value, interface in arguments:
        if not isinstance(value, interface):
            raise ArgumentError(
                f"train_model: {name} must be a coreframe {interface.__name__}, got {value!r}"
            )
