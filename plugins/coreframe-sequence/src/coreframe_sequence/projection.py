"""Affine maps of rows: of a lone model `(n, in)`, of a population `(R, n, in)`."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import Parameter

__all__ = ["add_product", "add_projection_gradients", "project"]

LONE = 2  # axes of a lone model's matrix


def project(rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x wᵀ + b."""
    if rows.dim() == LONE:
        return torch.addmm(bias, rows, weight.mT)
    return torch.baddbmm(bias.unsqueeze(-2), rows, weight.mT)


def add_projection_gradients(
    gradients: Tensor, rows: Tensor, weight: Parameter, bias: Parameter
) -> None:
    """dw ← dw + dyᵀ x,  db ← db + Σ dy."""
    add_product(gradients.mT, rows, weight.grad)
    bias.grad.add_(gradients.sum(-2))


def add_product(a: Tensor, b: Tensor, to: Tensor) -> Tensor:
    """to ← to + a b."""
    return to.addmm_(a, b) if to.dim() == LONE else to.baddbmm_(a, b)
