"""outline: a tensor's shape to save, without its memory."""

from __future__ import annotations

from torch import Tensor

__all__ = ["outline"]


def outline(tensor: Tensor) -> Tensor:
    """A tensor of the same shape, of a single zero in memory.

    Backward often needs to know only the shape of what forward saw, and saving that itself would
    keep its memory until then.
    """
    return tensor.new_zeros(()).expand(tensor.shape)
