"""Precision: in which dtype statistics are computed."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["widened"]


def widened(x: Tensor) -> Tensor:
    """Half precision as float32, since a mean or a variance needs more digits; others as they are."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
