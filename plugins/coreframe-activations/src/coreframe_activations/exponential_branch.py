"""The exponential branch: what ELU and SELU are below zero, joined to a line above."""

from __future__ import annotations

from torch import Tensor

__all__ = ["exponential_branch", "slope_by_output"]


def exponential_branch(x: Tensor, below: float | Tensor, above: float = 1.0) -> Tensor:
    """above · x where x > 0, else below · (eˣ − 1)."""
    # Both halves vanish where the other one holds; a choice by a mask takes far longer.
    return x.clamp(max=0).expm1_().mul_(below).add_(x.clamp(min=0), alpha=above)


def slope_by_output(y: Tensor, below: float | Tensor, above: float = 1.0) -> Tensor:
    """above where y > 0, else below · eˣ = y + below."""
    is_above = y.sign().clamp_(min=0)
    return is_above.mul_(above - below).add_(below).add_(y.clamp(max=0))
