"""Moments: running means of the gradient and of its square, which begin at zero."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from coreframe import Optimizer, Slab
from coreframe_optimizers.complement import complement
from coreframe_optimizers.fused import step_tensor
from coreframe_optimizers.quotient import subtract_quotient
from coreframe_optimizers.step_number import at_step, scale_at_step

__all__ = ["MOMENTS", "correction", "step_by_moments", "step_fused", "update_moments"]

MOMENTS = ("first_moment", "second_moment")


def update_moments(optimizer: Optimizer, slab: Slab, g: Tensor) -> tuple[Tensor, Tensor]:
    """m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²; gives m and √s, the latter to be changed."""
    m, s = slab.state["first_moment"], slab.state["second_moment"]
    m.lerp_(g, complement(optimizer, slab, "beta1"))
    squares = g * g
    s.lerp_(squares, complement(optimizer, slab, "beta2"))
    return m, torch.sqrt(s, out=squares)


def correction(optimizer: Optimizer, slab: Slab, name: str) -> float | Tensor:
    """1 − βᵗ of a setting, what the weights of t numbers in a running mean add up to."""
    beta = slab.settings[name]
    if isinstance(beta, Tensor):
        # By 1 − β, which is as exact in every dtype, and 1 in the gaps.
        rest = torch.as_tensor(complement(optimizer, slab, name))
        return -torch.expm1(torch.log1p(-rest) * slab.expand(slab.steps))
    return at_step(slab, lambda step: 1 - math.pow(beta, step))


def step_by_moments(optimizer: Optimizer, slab: Slab, g: Tensor) -> None:
    """w ← w − η m̂ / (√ŝ + ε), where m̂ = m / c₁ and ŝ = s / c₂ have no bias, c = 1 − βᵗ.

    The corrections are numbers mostly, so they go into the other numbers:
    η m̂ / (√ŝ + ε) = (η √c₂ / c₁) m / (√s + ε √c₂).
    """
    m, deviation = update_moments(optimizer, slab, g)
    rate, eps = _corrected(optimizer, slab)
    subtract_quotient(slab.value, rate, m, deviation.add_(eps))


def _corrected(optimizer: Optimizer, slab: Slab) -> tuple[float | Tensor, float | Tensor]:
    """η √c₂ / c₁ and ε √c₂."""
    beta1, beta2 = slab.settings["beta1"], slab.settings["beta2"]
    if isinstance(beta1, Tensor) or isinstance(beta2, Tensor):
        root = correction(optimizer, slab, "beta2") ** 0.5
        rate = slab.settings["lr"] * root / correction(optimizer, slab, "beta1")
        return rate, slab.settings["eps"] * root

    def root_at(t: float) -> float:
        return math.sqrt(1 - math.pow(beta2, t))

    return (
        scale_at_step(slab, "lr", lambda t: root_at(t) / (1 - math.pow(beta1, t))),
        scale_at_step(slab, "eps", root_at),
    )


def step_fused(operator: Callable[..., None], slab: Slab) -> None:
    """The same by torch's fused operator, with the weight decay that it has."""
    m, s = (slab.state[name] for name in MOMENTS)
    operator(
        [slab.value],
        [slab.grad],
        [m],
        [s],
        [],
        [step_tensor(slab)],
        **slab.settings,
        amsgrad=False,
        maximize=False,
    )
