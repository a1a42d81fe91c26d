"""Evaluation: loss and accuracy of a model on a split."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import NamedTuple

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.split import Split
from coreframe.training.fit import expect_fitting, placing

__all__ = [
    "Evaluation",
    "compute_accuracy",
    "evaluate",
    "evaluating",
    "evaluation_chunks",
]

ROWS = 4096  # samples of all replicas in one pass: activations that stay in the caches


class Evaluation(NamedTuple):
    """Loss and accuracy (from 0 to 1), one number per replica each, shape `replicas`.

    In regression there is no accuracy: it is NaN.
    """

    loss: Tensor
    accuracy: Tensor


def compute_accuracy(model: Module, split: Split, loss: Loss) -> Tensor:
    """The share of samples whose predicted class is the true one, shape `replicas`.

    accuracy = (1/n) Σᵢ [predict(model(xᵢ)) = class(yᵢ)]

    Where a sample has several predictions, as a sequence has one for each time, all of them
    count: n is their number. The loss says how outputs become classes. The model is evaluated in
    evaluation mode, and is left in the mode it was in.

    Raises:
        ShapeError: if the split belongs to a population of another size, or is empty, or the
            predictions are not one or several for each sample.
        ArgumentError: for an argument of another type, or if the loss predicts values rather than
            classes.
    """
    accuracy = evaluate(model, split, loss).accuracy
    if accuracy.isnan().any():
        raise ArgumentError(f"there is no accuracy: {loss!r} predicts values here, not classes")
    return accuracy


def evaluate(model: Module, split: Split, loss: Loss) -> Evaluation:
    """Loss and accuracy of a model on a split, in one pass; see `compute_accuracy`."""
    _expect_types(model, split, loss)
    expect_fitting(model, split)
    loss = copy.copy(loss)  # a training may be in the middle of a step with it
    loss.replicas = model.replicas
    lengths = torch.tensor(split.lengths or len(split)).expand(model.replicas)
    correct = torch.zeros(model.replicas, dtype=torch.float64)
    total = torch.zeros(model.replicas, dtype=torch.float64)
    with torch.inference_mode(), evaluating(model):
        place = placing(model)
        for positions in evaluation_chunks(model, len(split)):
            indices = positions.expand(*model.replicas, -1)
            x, actual = (place(tensor) for tensor in split.take(indices))
            output = model.forward(x)
            valid: Tensor | None = None
            weight: Tensor | None = None
            count: int | Tensor = len(positions)
            if split.lengths is not None:
                valid = positions < lengths.unsqueeze(-1)
                count = valid.sum(-1)
                if not bool(valid.all()):
                    weight = place(valid.to(output.dtype))
            # First, for its messages about shapes are the more precise ones.
            value = loss.compute_loss(output, actual, weight).cpu()
            total += value * count if loss.reduction == "mean" else value
            correct += _count_hits(loss, output, actual, indices.shape, valid)
    count = lengths.to(torch.float64)
    mean = total / count if loss.reduction == "mean" else total
    return Evaluation(mean, correct / count)


def _count_hits(
    loss: Loss, output: Tensor, actual: Tensor, samples: torch.Size, valid: Tensor | None
) -> Tensor:
    """How many samples are right, `(*replicas,)`; one of several predictions counts in parts."""
    predicted = loss.predict(output)
    axes = len(samples)
    if predicted.shape[:axes] != samples:
        raise ShapeError(
            f"{loss!r} predicts {tuple(predicted.shape)} from outputs {tuple(output.shape)}; it "
            f"must begin with (*replicas, batch) = {tuple(samples)}"
        )
    if predicted.is_floating_point():  # values are near or far, not right or wrong
        return torch.tensor(torch.nan)
    classes = loss.classes(actual)
    if classes.shape != predicted.shape:
        raise ShapeError(
            f"{loss!r} predicts {tuple(predicted.shape)} where the targets have classes "
            f"{tuple(classes.shape)}"
        )
    hits = predicted == classes
    # A diverged model predicts nothing, though argmax would name a class. A sum is finite only if
    # all its terms are, and is quicker to ask.
    if not isfinite(output.sum().item()):
        of_each = predicted.dim() if output.shape[: predicted.dim()] == predicted.shape else axes
        finite = output.isfinite()
        if output.dim() > of_each:
            finite = finite.flatten(of_each).all(-1)
        hits &= finite.reshape(*finite.shape, *[1] * (hits.dim() - finite.dim()))
    of_sample = hits.reshape(*samples, -1).sum(-1).cpu()
    count = (of_sample if valid is None else of_sample * valid).sum(-1)
    return count.double() / hits.shape[axes:].numel()


def _expect_types(model: object, split: object, loss: object) -> None:
    if not isinstance(model, Module):
        raise ArgumentError(f"model must be a coreframe Module, as of cf.assemble, got {model!r}")
    if isinstance(split, Dataset):
        raise ArgumentError(f"split must be one of the dataset's, such as data.test, got {split!r}")
    if not isinstance(split, Split):
        raise ArgumentError(f"split must be a coreframe Split, such as data.test, got {split!r}")
    if not isinstance(loss, Loss):
        raise ArgumentError(f"loss must be a coreframe Loss, as of cf.create, got {loss!r}")


def evaluation_chunks(model: Module, samples: int) -> Iterator[Tensor]:
    """The positions of so many samples, in parts that go through a model together."""
    rows = max(1, ROWS // (model.replicas[0] if model.replicas else 1))
    yield from torch.split(torch.arange(samples), rows)


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Evaluation mode within, and afterwards the mode that each module was in."""
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.forget()
    for module, _ in modes:
        module.training = False
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
