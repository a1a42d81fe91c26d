"""largest_output: the prediction of losses whose targets are values or one-hot rows."""

from __future__ import annotations

from torch import Tensor

from coreframe import Replicas

__all__ = ["largest_output"]


def largest_output(output: Tensor, replicas: Replicas) -> Tensor:
    """The class with the largest output; of a single output, its value."""
    if output.dim() == len(replicas) + 1:  # no features: the last axis is the batch
        return output
    return output.argmax(-1) if output.shape[-1] > 1 else output.squeeze(-1)
