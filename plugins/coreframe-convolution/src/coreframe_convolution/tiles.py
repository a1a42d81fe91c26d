"""Tiles: rectangles of equal numbers."""

from __future__ import annotations

from torch import Tensor

from coreframe_convolution.sizes import Pair

__all__ = ["repeat_in_tiles"]


def repeat_in_tiles(x: Tensor, size: Pair) -> Tensor:
    """Each number becomes a tile of so many rows and columns."""
    m, n = size
    tiles = x.unsqueeze(-1).unsqueeze(-3).expand(*x.shape[:-1], m, x.shape[-1], n)
    return tiles.flatten(-2).flatten(-3, -2)
