"""The products of a linear layer, each computed the way that is fast for its shape.

A lone model has matrices `(n, m)`; large ones go to oneDNN. A population has one for each
replica, `(R, n, m)`. The batched product of the BLAS library works along the last axis of its
result in whole vector registers: an axis of 25 fills them to four fifths, one of 2 to an eighth,
and the time grows accordingly. The transposed product has the other axis last, and gives the same
numbers, laid out in memory the other way round.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from coreframe_linear import onednn

__all__ = ["add_product", "add_row_sums", "affine", "product"]

REGISTER = 16  # float32 numbers in the widest vector register
LONE = 2  # axes of a lone model's matrix


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x wᵀ + b: `(n, in)`, `(out, in)` and `(out,)` give `(n, out)`."""
    out_size = weight.shape[-2]
    if x.dim() == LONE:
        if onednn.serves(x, out_size):
            return onednn.linear(x, weight, bias)
        return torch.addmm(bias, x, weight.mT)
    if _fills_less(out_size, x.shape[1]):
        return torch.baddbmm(bias.unsqueeze(2), weight, x.mT).mT
    return torch.baddbmm(bias.unsqueeze(1), x, weight.mT)


def product(a: Tensor, b: Tensor, *, like: Tensor) -> Tensor:
    """a b: `(m, n)` and `(n, k)` give `(m, k)`, laid out in memory like `like`."""
    if a.dim() == LONE:
        return onednn.linear(a, b.mT) if onednn.serves(a, b.shape[1]) else torch.mm(a, b)
    if like.stride(1) < like.stride(2):
        return torch.bmm(b.mT, a.mT).mT
    return torch.bmm(a, b)


def add_product(a: Tensor, b: Tensor, *, to: Tensor) -> None:
    """to ← to + a b, where `to` keeps its layout."""
    m, k = to.shape[-2:]
    if a.dim() == LONE:
        if onednn.serves(a, k):
            to.add_(onednn.linear(a, b.mT))
        else:
            to.addmm_(a, b)
    elif k < REGISTER and 2 * k <= m:  # else the second pass costs more than it saves
        to.add_(torch.bmm(b.mT.contiguous(), a.mT).mT)
    else:
        to.baddbmm_(a, b)


def add_row_sums(a: Tensor, *, to: Tensor) -> None:
    """to ← to + Σ over each row of a: `(n, m)` into `(n,)`."""
    # A product with ones is faster than a sum, and adds by itself.
    if a.dim() == LONE:
        to.addmv_(a, _ones(a.shape[1], a.dtype, a.device))
    elif a.is_contiguous():
        ones = _ones(a.shape[2], a.dtype, a.device)
        to.view(-1).addmv_(a.view(to.numel(), a.shape[2]), ones)
    else:
        to.add_(a.sum(-1))


@lru_cache
def _ones(length: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Ones that nobody changes."""
    with torch.inference_mode(False):  # they outlive the pass
        return torch.ones(length, dtype=dtype, device=device)


@lru_cache
def _fills_less(axis: int, other: int) -> bool:
    """Whether `axis` fills the registers less than `other` does."""
    return _fill(axis) < _fill(other)


def _fill(axis: int) -> float:
    """How full an axis makes the registers, from 0 to 1."""
    return axis / (-(-axis // REGISTER) * REGISTER) if axis else 1.0
