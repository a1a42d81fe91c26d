"""Products of many small matrices, one for each replica, turned the way that is fast.

The batched product of the linear-algebra library works along the last axis of its result in
whole vector registers. An axis of 25 fills its registers to four fifths, one of 2 to an eighth,
and the time grows accordingly. The transposed product has the other axis last, and gives the
same numbers, laid out in memory the other way round.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["add_column_sums", "add_product", "affine", "product"]

REGISTER = 16  # float32 numbers in the widest vector register


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x wᵀ + b: `(R, n, in)`, `(R, out, in)` and `(R, out)` give `(R, n, out)`."""
    out_size = weight.shape[1]
    if _fill(out_size) < _fill(x.shape[1]):
        s = torch.baddbmm(bias.unsqueeze(2), weight, x.mT).mT
        return s.contiguous() if out_size < REGISTER else s  # what is narrow is cheap to turn
    return torch.baddbmm(bias.unsqueeze(1), x, weight.mT)


def product(a: Tensor, b: Tensor, *, like: Tensor) -> Tensor:
    """a b: `(R, m, n)` and `(R, n, k)` give `(R, m, k)`, laid out in memory like `like`."""
    if like.stride(1) < like.stride(2):
        return torch.bmm(b.mT, a.mT).mT
    return torch.bmm(a, b)


def add_product(a: Tensor, b: Tensor, *, to: Tensor) -> None:
    """to ← to + a b, where `to` keeps its layout."""
    m, k = to.shape[1:]
    if k < REGISTER and 2 * k <= m:  # else the second pass costs more than it saves
        to.add_(torch.bmm(b.mT, a.mT).mT)
    else:
        to.baddbmm_(a, b)


def add_column_sums(a: Tensor, *, to: Tensor) -> None:
    """to ← to + Σ over the rows of a: `(R, m, n)` into `(R, n)`."""
    if a.stride(1) < a.stride(2):  # a sum along the memory is slower than a product with ones
        ones = a.new_ones(1, 1, a.shape[1]).expand(a.shape[0], -1, -1)
        to.unsqueeze(1).baddbmm_(ones, a)
    else:
        to.add_(a.sum(1))


def _fill(axis: int) -> float:
    """How full an axis makes the registers, from 0 to 1."""
    return axis / (-(-axis // REGISTER) * REGISTER) if axis else 1.0
