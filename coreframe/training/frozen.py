"""Frozen: the replicas of a population that no update changes any more."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.parameter import Buffer
from coreframe.interfaces.replicas import Selection, select_leading

__all__ = ["Frozen"]


class Frozen:
    """Keeps some replicas as they were, bit for bit, while the others go on.

    The update is that of the whole population, and the frozen replicas' numbers are put back
    after it. So the others get exactly the bits that they would get had nobody been frozen, which
    a learning rate of zero cannot promise: 0 · NaN is NaN, and a rate per replica is other
    arithmetic than one for all.

    Args:
        model: the population.
        optimizer: its optimizer.

    Attributes:
        mask: boolean `(R,)`, which are frozen; of shape `()` and false for a lone model.
    """

    def __init__(self, model: Module, optimizer: Optimizer) -> None:
        self._model, self._optimizer = model, optimizer
        self.mask = torch.zeros(model.replicas, dtype=torch.bool)
        self._held: list[tuple[Tensor, Tensor, Tensor]] = []
        self._buffers: list[tuple[Buffer, Tensor, Tensor]] = []

    def add(self, mask: Tensor) -> None:
        """Freeze these replicas as they are now; the time it takes grows with their number."""
        self.mask = self.mask | mask
        self._hold()

    def select(self, chosen: Selection) -> None:
        """Follow the `select` of model and optimizer."""
        self.mask = select_leading(self.mask, chosen)
        self._hold()

    def restore(self) -> None:
        """Put back what an update has changed of them."""
        for tensor, places, kept in self._held:
            tensor.index_copy_(0, places, kept)
        for buffer, rows, kept in self._buffers:  # a layer may have given it another tensor
            buffer.value.index_copy_(0, rows, kept)

    def _hold(self) -> None:
        self._held, self._buffers = [], []
        if not bool(self.mask.any()):
            return
        states = self._optimizer.flat_state
        for flat, state in zip(self._model.storage.flats, states, strict=True):
            places = flat.expand(self.mask.to(flat.value)).nonzero().flatten()
            for tensor in (flat.value, *state.values()):
                self._held.append((tensor, places, tensor.index_select(0, places)))
        for _, buffer in self._model.named_buffers():
            rows = self.mask.nonzero().flatten().to(buffer.value.device)
            self._buffers.append((buffer, rows, buffer.value.index_select(0, rows)))
