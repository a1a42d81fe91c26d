"""History: what a training recorded, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

__all__ = ["History"]


@dataclass(frozen=True)
class History:
    """Tensors `(epochs, *replicas)`; losses as the loss defines them, accuracies from 0 to 1.

    Attributes:
        loss: mean over the epoch's samples, or their sum, as the loss declares; each batch at the
            weights of its step.
        train_loss, train_accuracy, validation_loss, validation_accuracy, test_loss,
            test_accuracy: on the whole split after each epoch, where they were logged and the
            data has it; None otherwise.
    """

    loss: Tensor
    train_loss: Tensor | None = None
    train_accuracy: Tensor | None = None
    validation_loss: Tensor | None = None
    validation_accuracy: Tensor | None = None
    test_loss: Tensor | None = None
    test_accuracy: Tensor | None = None
