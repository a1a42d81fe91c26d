"""Memory: how much a training takes, found by one step of it."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.training.fit import placing
from coreframe.training.snapshot import tensors_in

__all__ = ["estimate_memory"]

PASSING = 2.0  # what a step makes and drops again is about what it keeps at its widest


def estimate_memory(
    model: Module, data: Dataset, loss: Loss, optimizer: Optimizer, *, batch_size: int
) -> float:
    """About how many bytes the training of this model, or population, takes beside its data.

    Parameters, gradients and the optimizer's state, once; what one forward keeps for backward, as
    measured by one, and as much again for what a step makes and drops.
    """
    flats = model.storage.flats
    fixed = [t for flat in flats for t in (flat.value, flat.grad)]
    fixed += [t for state in optimizer.flat_state for t in state.values()]
    fixed += [buffer.value for _, buffer in model.named_buffers()]
    kept: list[Tensor] = []
    mode, place = model.training, placing(model)
    loss.replicas = model.replicas
    indices = torch.arange(min(batch_size, len(data.train))).expand(*model.replicas, -1)
    try:
        with torch.inference_mode():
            x, actual = (place(tensor) for tensor in data.train.take(indices))
            model.train()
            output = model.forward(x)
            loss.compute_loss(output, actual)
            saved = [tensors for _, tensors in model.context.saved]
            kept += [t for _, t in tensors_in("kept", [x, actual, output, saved, loss.saved()])]
    finally:
        model.forget()
        loss.clear()
        if not mode:
            model.eval()
    own = {tensor.untyped_storage().data_ptr() for tensor in fixed}
    found = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in kept}
    passing = sum(size for place, size in found.items() if place not in own)
    return sum(tensor.nbytes for tensor in fixed) + PASSING * passing
