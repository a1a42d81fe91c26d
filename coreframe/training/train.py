"""train_model: the training loop, the same for one model and for a population."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from coreframe.errors import ArgumentError
from coreframe.interfaces.dataset import Dataset, Split
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.replicas import Setting
from coreframe.interfaces.schedule import Schedule
from coreframe.training.batches import Batches, gather
from coreframe.training.evaluation import evaluate, expect_fitting, placing
from coreframe.training.history import History

__all__ = ["OnEpoch", "train_model"]

OnEpoch: TypeAlias = Callable[[int, dict[str, Tensor]], None]
"""Called after each epoch with its number, from 0, and its row of each figure of the history."""


def train_model(
    model: Module,
    data: Dataset,
    loss: Loss,
    optimizer: Optimizer,
    *,
    epochs: int = 100,
    batch_size: int = 16,
    log: bool = False,
    schedule: Schedule | None = None,
    on_epoch: OnEpoch | None = None,
) -> History:
    """Train a model, or every replica of a population, on `data.train`.

    Each step takes the next batch of each replica's own shuffle, and is forward, loss, backward
    and update. A second call goes on where the first ended.

    Args:
        model: lone or a population.
        data: its `train` split is trained on; where it differs between replicas, it must have
            as many as the model.
        loss: what to minimize; its replicas become the model's.
        optimizer: made for this model.
        epochs: passes over the training samples.
        batch_size: samples per step and replica.
        log: evaluate loss and accuracy on train and test after every epoch.
        schedule: changes the learning rate at every step.
        on_epoch: called after every epoch, for a progress bar or a print.

    Returns:
        Tensors `(epochs, *replicas)`.

    Raises:
        ArgumentError: for epochs or a batch size below one, or another model's optimizer.
        ShapeError: if the data is for a population of another size.
        ProtocolError: if a layer breaks the order of forward and backward.
    """
    for name, number in (("epochs", epochs), ("batch_size", batch_size)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ArgumentError(f"{name} must be a positive integer, got {number!r}")
    if optimizer.model is not model:
        raise ArgumentError(f"{optimizer!r} was made for another model")
    for split in (data.train, data.test) if log else (data.train,):
        expect_fitting(model, split)
    loss.replicas = model.replicas
    model.train()
    batches = Batches(data.train, batch_size, model.random)
    rows: list[dict[str, Tensor]] = []
    try:
        for epoch in range(epochs):
            factors = _factors(schedule, epoch, epochs, len(batches))
            row = {"loss": _run_epoch(model, data.train, loss, optimizer, batches, factors)}
            if log:
                row["train_loss"], row["train_accuracy"] = evaluate(model, data.train, loss)
                row["test_loss"], row["test_accuracy"] = evaluate(model, data.test, loss)
            rows.append(row)
            if on_epoch is not None:
                on_epoch(epoch, row)
    finally:  # an error or Ctrl-C leaves nothing for a later backward to stumble over
        model.forget()
        loss.clear()
        optimizer.lr_factor = 1.0  # a schedule's last factor does not outlast it
    return History(**{name: torch.stack([row[name] for row in rows]) for name in rows[0]})


def _run_epoch(
    model: Module,
    split: Split,
    loss: Loss,
    optimizer: Optimizer,
    batches: Batches,
    factors: Iterator[Setting] | None,
) -> Tensor:
    """One pass over the samples; gives the mean loss of its batches, `(*replicas,)`."""
    storage = model.storage
    place = placing(storage)
    losses: list[Tensor] = []
    sizes: list[int | Tensor] = []
    with torch.inference_mode():
        for batch, x, actual in gather(split, batches.epoch()):
            if factors is not None:
                optimizer.lr_factor = next(factors)
            weight = None if batch.weight is None else place(batch.weight)
            model.forget()
            storage.zero_grad()
            value = loss.compute_loss(model.forward(place(x)), place(actual), weight)
            model.backward_parameters(loss.backward())
            model.expect_all_undone()
            optimizer.step(batch.active)
            losses.append(value)
            sizes.append(batch.size)
    return _mean(losses, sizes)


def _mean(losses: list[Tensor], sizes: list[int | Tensor]) -> Tensor:
    """The mean of the batches' losses, each weighted with its samples, `(*replicas,)`."""
    values = torch.stack(losses).cpu().double()
    if isinstance(sizes[0], Tensor):  # they differ between replicas
        weights = torch.stack([torch.as_tensor(size) for size in sizes]).double()
    else:
        weights = torch.tensor(sizes).double().reshape(-1, *[1] * (values.dim() - 1))
    return (values * weights).sum(0) / weights.sum(0)


def _factors(
    schedule: Schedule | None, epoch: int, epochs: int, steps: int
) -> Iterator[Setting] | None:
    if schedule is None:
        return None
    total = epochs * steps
    return (schedule.factor(step, total) for step in range(epoch * steps, (epoch + 1) * steps))
