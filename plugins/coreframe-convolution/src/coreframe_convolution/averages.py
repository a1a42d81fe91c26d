"""Averages over ranges of an axis, as matrices.

A mean over a rectangle is one over rows and one over columns: y = a x bᵀ, where row p of a is 1
over the number of rows in range p, in these, and 0 elsewhere. So dx = aᵀ dy b.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["Range", "averages", "spread_averages"]

Range = tuple[int, int, int]
"""Where it begins, where it ends, and the number that its sum is divided by."""


def averages(ranges: Sequence[Range], length: int, like: Tensor) -> Tensor:
    """The matrix `(ranges, length)` that takes their averages."""
    begin, end, count = torch.tensor(list(ranges), device=like.device).unsqueeze(-1).unbind(1)
    places = torch.arange(length, device=like.device)
    inside = (places >= begin) & (places < end)
    return inside.to(like) / count.to(like)


def spread_averages(dy: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The gradient of x in y = rows x columnsᵀ."""
    return rows.mT @ dy @ columns
