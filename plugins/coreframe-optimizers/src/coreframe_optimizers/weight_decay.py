"""Weight decay: coupled, as a part of the gradient, or decoupled from it."""

from __future__ import annotations

from torch import Tensor

from coreframe import Slab, add_scaled

__all__ = ["couple_weight_decay", "decay_weights"]


def couple_weight_decay(slab: Slab) -> Tensor:
    """g + λ w, the gradient of the loss with λ w² / 2; without a λ the gradient itself."""
    decay = slab.settings["weight_decay"]
    if isinstance(decay, float) and decay == 0:
        return slab.grad
    return add_scaled(slab.grad, decay, slab.value, out=slab.grad.new_empty(slab.grad.shape))


def decay_weights(slab: Slab) -> None:
    """w ← w − η λ w, whatever the gradient is."""
    decay = slab.settings["weight_decay"]
    if isinstance(decay, Tensor) or decay != 0:
        share = slab.settings["lr"] * decay
        add_scaled(slab.value, share, slab.value, sign=-1, out=slab.value)
