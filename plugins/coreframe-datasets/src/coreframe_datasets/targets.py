"""Targets: the classes of samples, as a loss takes them."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["targets_of"]


def targets_of(labels: Tensor, classes: int, *, one_hot: bool) -> Tensor:
    """Class indices `(samples,)`, int64, or one-hot rows `(samples, classes)`, real numbers.

    CrossEntropy takes class indices; MSE needs targets of the outputs' shape, which are one-hot.
    """
    return torch.eye(classes)[labels] if one_hot else labels
