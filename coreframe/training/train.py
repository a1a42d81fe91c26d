"""train_model: the training loop, the same for one model and for a population."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor

from coreframe.errors import ArgumentError
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.padding import Padding
from coreframe.interfaces.schedule import Schedule
from coreframe.interfaces.whole_number import whole_number
from coreframe.training.batches import Batches, gather
from coreframe.training.evaluation import evaluate
from coreframe.training.factors import Factors
from coreframe.training.fit import expect_fitting, placing
from coreframe.training.history import History
from coreframe.training.run import Run
from coreframe.training.sanitizer import debug as check_calls
from coreframe.training.watchers import EpochFunction, HistoryWatcher, OnEpoch, Watchers

__all__ = ["train_model"]


def train_model(
    model: Module,
    data: Dataset,
    loss: Loss,
    optimizer: Optimizer,
    *,
    epochs: int = 100,
    batch_size: int = 16,
    log: bool = False,
    start_epoch: int = 0,
    schedule: Schedule | None = None,
    on_epoch: OnEpoch | None = None,
    debug: bool = False,
) -> History:
    """Train a model, or every replica of a population, on `data.train`.

    Each step takes the next batch of each replica's own shuffle, and is forward, loss, backward
    and update. A second call goes on where the first ended, with a schedule from its beginning;
    `start_epoch` goes on within a schedule, too. Plugins may watch the run by the hooks
    `coreframe_run_…`; one that raises is reported by a `PluginWarning`, and the run goes on.

    Args:
        model: lone or a population.
        data: its `train` split is trained on; where it differs between replicas, it must have
            as many as the model.
        loss: what to minimize; its replicas become the model's.
        optimizer: made for this model.
        epochs: passes over the training samples.
        batch_size: samples per step and replica.
        log: evaluate loss and accuracy on train and test after every epoch.
        start_epoch: how many of the epochs an earlier call has done.
        schedule: changes the learning rate at every step.
        on_epoch: called after every epoch, for a progress bar or a print; what it raises ends
            the run.
        debug: check every call of every layer and of the loss, as `coreframe.debug` does; the
            result is the same, the time a multiple.

    Returns:
        Tensors `(epochs − start_epoch, *replicas)`.

    Raises:
        ArgumentError: for an argument of another type, epochs or a batch size below one, or
            another model's optimizer.
        ShapeError: if the data is for a population of another size.
        ProtocolError: if a layer breaks the order of forward and backward.
        ContractError: with `debug`, at the first call that breaks the contract.
    """
    _expect_types(model, data, loss, optimizer, schedule)
    epochs = whole_number("epochs", epochs)
    batch_size = whole_number("batch_size", batch_size)
    start_epoch = whole_number("start_epoch", start_epoch, minimum=0)
    if start_epoch >= epochs:
        raise ArgumentError(f"start_epoch {start_epoch} leaves none of {epochs} epochs to do")
    if optimizer.model is not model:
        raise ArgumentError(f"{optimizer!r} was made for another model")
    for split in (data.train, data.test) if log else (data.train,):
        expect_fitting(model, split)
    loss.replicas = model.replicas
    model.train()
    batches = Batches(data.train, batch_size, model.random)
    factors = Factors(schedule, epochs, batches.steps)
    kept = HistoryWatcher()
    run = Run(model, data, loss, optimizer, schedule, epochs, start_epoch, batch_size)
    watchers = Watchers(run, kept, *([] if on_epoch is None else [EpochFunction(on_epoch)]))
    try:
        watchers.start()
        with check_calls(model, loss) if debug else nullcontext():
            for epoch in range(start_epoch, epochs):
                row = {"loss": _run_epoch(model, loss, optimizer, batches, factors, epoch)}
                if log:
                    row["train_loss"], row["train_accuracy"] = evaluate(model, data.train, loss)
                    row["test_loss"], row["test_accuracy"] = evaluate(model, data.test, loss)
                if schedule is not None:
                    schedule.observe(row)
                watchers.epoch(epoch, row)
    except BaseException as error:
        watchers.failure(error)
        raise
    finally:  # an error or Ctrl-C leaves nothing for a later backward to stumble over
        model.forget()
        loss.clear()
        optimizer.lr_factor = 1.0  # a schedule's last factor does not outlast it
    history = kept.history
    watchers.end(history)
    return history


def _run_epoch(
    model: Module,
    loss: Loss,
    optimizer: Optimizer,
    batches: Batches,
    factors: Factors,
    epoch: int,
) -> Tensor:
    """One pass over the samples; gives the loss of the epoch, `(*replicas,)`."""
    storage = model.storage
    place = placing(model)
    losses: list[Tensor] = []
    sizes: list[int | Tensor] = []
    with torch.inference_mode():
        samples = gather(batches.split, batches.epoch(), place)
        for step, (batch, x, actual) in enumerate(samples):
            factor = factors.at(epoch, step)
            if factor is not None:
                optimizer.lr_factor = factor
            model.forget()
            weight = None
            if batch.padding is not None:
                weight = place(batch.padding.weight)
                model.context.padding = Padding(batch.padding.counts, weight)
            storage.zero_grad()
            value = loss.compute_loss(model.forward(x), actual, weight)
            model.backward_parameters(loss.backward())
            model.expect_all_undone()
            optimizer.step(batch.active)
            losses.append(value)
            sizes.append(batch.size)
    model.forget()
    return _combine(loss, losses, sizes)


def _combine(loss: Loss, losses: list[Tensor], sizes: list[int | Tensor]) -> Tensor:
    """The sum of the batches' losses, or their mean, weighted with samples, `(*replicas,)`."""
    values = torch.stack(losses).cpu().double()
    if loss.reduction == "sum":
        return values.sum(0)
    if isinstance(sizes[0], Tensor):  # they differ between replicas
        weights = torch.stack([torch.as_tensor(size) for size in sizes]).double()
    else:
        weights = torch.tensor(sizes).double().reshape(-1, *[1] * (values.dim() - 1))
    return (values * weights).sum(0) / weights.sum(0)


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
