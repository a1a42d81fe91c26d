"""clip_gradients: gradients whose norm is too large are shortened."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe.interfaces.storage import Flat, Storage

__all__ = ["clip_gradients"]

TINY = 1e-6  # as torch.nn.utils.clip_grad_norm_ adds to the norm


def clip_gradients(storage: Storage, max_norm: float) -> Tensor:
    """Scale each replica's gradients so that their norm is at most `max_norm`, in place.

    g ← g · min(1, c / (‖g‖ + 10⁻⁶)), with the norm over all parameters of a replica

    Returns:
        The norms before, `(*replicas,)`.
    """
    squares = [_squares(flat) for flat in storage.flats]
    if not squares:
        return torch.zeros(storage.replicas)
    norms = torch.stack([square.to(squares[0]) for square in squares]).sum(0).sqrt()
    factors = (max_norm / (norms + TINY)).clamp(max=1.0)
    for flat in storage.flats:
        flat.grad.mul_(flat.expand(factors) if storage.replicas else factors.to(flat.grad))
    return norms


def _squares(flat: Flat) -> Tensor:
    """The sum of squares of each replica, `(*replicas,)`."""
    if not flat.replicas:
        return flat.grad.square().sum()  # the gaps between blocks are zero
    blocks = [segment.view(flat.grad).flatten(1) for segment in flat.segments]
    return torch.stack([block.square().sum(1) for block in blocks]).sum(0)
