"""Adam: steps by the first moment over the root of the second."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch

from coreframe import Example, Hyperparameter, Module, Optimizer, Setting, Slab
from coreframe_optimizers.fused import serves
from coreframe_optimizers.least_eps import LEAST_EPS
from coreframe_optimizers.moments import MOMENTS, step_by_moments, step_fused
from coreframe_optimizers.weight_decay import couple_weight_decay

__all__ = ["Adam"]


class Adam(Optimizer):
    """Adam: adaptive moment estimation.

    g ← g + λ w,  m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,
    w ← w − η m̂ / (√ŝ + ε), where m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ) at step t

    Source: Kingma and Ba 2015, Adam: a method for stochastic optimization, algorithm 1; the decay
    as in torch.optim.Adam.

    Args:
        model: the model to train.
        lr: learning rate η ≥ 0, one or one per replica, as all numbers here.
        beta1: β₁ in [0, 1), decay rate of the first moment; torch's betas[0].
        beta2: β₂ in [0, 1), decay rate of the second moment; torch's betas[1].
        eps: ε ≥ 1e-30, outside the root.
        weight_decay: λ ≥ 0, coupled: a part of the gradient, and so of the moments.
        overrides: other numbers for the parameters of some names, [["*.bias", "lr", 0.01]].
    """

    beta1 = Hyperparameter(below=1.0)
    beta2 = Hyperparameter(below=1.0)
    eps = Hyperparameter(minimum=LEAST_EPS)
    weight_decay = Hyperparameter()
    state_names = MOMENTS

    def __init__(
        self,
        model: Module,
        lr: Setting = 1e-3,
        *,
        beta1: Setting = 0.9,
        beta2: Setting = 0.999,
        eps: Setting = 1e-8,
        weight_decay: Setting = 0.0,
        overrides: Iterable[Sequence[Any]] = (),
    ) -> None:
        super().__init__(model)
        self.lr = lr
        self.beta1, self.beta2 = beta1, beta2
        self.eps = eps
        self.weight_decay = weight_decay
        self.overrides = overrides

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            # m̂ = g and ŝ = g² where g is always the same: each step is η g / (|g| + ε).
            Example(partial(cls, lr=0.1), known=[([2.0, 2.0, 2.0], [0.9, 0.8, 0.7])]),
            Example(
                partial(cls, lr=0.1, beta1=0.5, beta2=0.75, eps=1.0, weight_decay=0.5),
                # g = 1 + 0.5, m̂ = 1.5, ŝ = 2.25, w = 1 − 0.15 / 2.5 = 0.94; then g = −1 + 0.47,
                # m̂ = (0.375 − 0.265) / 0.75, ŝ = (0.421875 + 0.070225) / 0.4375
                known=[([1.0, -1.0], [0.94, 0.9328822142])],
            ),
        ]

    def update(self, slab: Slab) -> None:
        if serves(slab, "_fused_adam_"):
            step_fused(torch._fused_adam_, slab)  # torch has no other name for it
            return
        step_by_moments(self, slab, couple_weight_decay(slab))
