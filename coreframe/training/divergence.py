"""Divergence: where a training's numbers stopped being numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe.errors import ContractError, DivergedRun
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.training.sanitizer import debug

__all__ = ["all_diverged", "divergence"]


def divergence(
    value: Tensor, model: Module, loss: Loss, batch: tuple[Tensor, Tensor], at: tuple[int, int]
) -> DivergedRun:
    """The error of a lone model's loss that is NaN or infinite, with the layer where that begins.

    Args:
        value: the loss of the batch.
        model: as it was when it gave that loss.
        loss: what gave it.
        batch: inputs and targets.
        at: the epoch and the step, both from 0.
    """
    return DivergedRun(
        f"the loss became {value.item()} in epoch {at[0] + 1}, step {at[1] + 1}: "
        f"{_origin(model, loss, *batch)}; a smaller learning rate or clip_norm may help"
    )


def all_diverged(replicas: int, epoch: int, step: int) -> DivergedRun:
    """The error of a population in which no replica has a finite loss any more.

    One that diverges alone stops nobody else: it is frozen.
    """
    return DivergedRun(
        f"no replica of {replicas} has a finite loss any more, the last one since epoch "
        f"{epoch + 1}, step {step + 1}; smaller learning rates or clip_norm may help"
    )


def _origin(model: Module, loss: Loss, x: Tensor, actual: Tensor) -> str:
    """Where it begins: in a parameter, in the input, or in what some layer makes of it."""
    for name, parameter in model.named_parameters():
        if not bool(parameter.value.isfinite().all()):
            return f"the last update made parameter {name} so"
    if x.is_floating_point() and not bool(x.isfinite().all()):
        return "the input holds a number that is not finite"
    model.forget()
    loss.clear()
    try:
        with torch.inference_mode(), debug(model, loss):
            loss.compute_loss(model.forward(x), actual)
    except ContractError as error:
        return str(error)
    finally:
        model.forget()
        loss.clear()
    return "it comes and goes with what the layers draw at random"
