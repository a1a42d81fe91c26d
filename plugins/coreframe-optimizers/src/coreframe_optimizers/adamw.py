"""AdamW: Adam, with weights that decay apart from the moments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch

from coreframe import Example, Hyperparameter, Module, Optimizer, Setting, Slab
from coreframe_optimizers.fused import serves
from coreframe_optimizers.least_eps import LEAST_EPS
from coreframe_optimizers.moments import MOMENTS, step_by_moments, step_fused
from coreframe_optimizers.weight_decay import decay_weights

__all__ = ["AdamW"]


class AdamW(Optimizer):
    """Adam with decoupled weight decay.

    w ← w − η λ w,  m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,
    w ← w − η m̂ / (√ŝ + ε), where m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ) at step t

    Source: Loshchilov and Hutter 2019, Decoupled weight decay regularization; as in
    torch.optim.AdamW, where η multiplies λ.

    Args:
        model: the model to train.
        lr: learning rate η ≥ 0, one or one per replica, as all numbers here.
        beta1: β₁ in [0, 1), decay rate of the first moment; torch's betas[0].
        beta2: β₂ in [0, 1), decay rate of the second moment; torch's betas[1].
        eps: ε ≥ 1e-30, outside the root.
        weight_decay: λ ≥ 0, decoupled.
        overrides: other numbers for the parameters of some names,
            [["*.bias", "weight_decay", 0.0]].
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
        weight_decay: Setting = 0.01,
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
            # Adam's steps of 0.1, each from 0.9 of the weight: 0.9 − 0.1, 0.72 − 0.1.
            Example(
                partial(cls, lr=0.1, beta2=0.999, weight_decay=1.0),
                known=[([2.0, 2.0], [0.8, 0.62])],
            ),
            Example(
                partial(cls, lr=0.1, beta1=0.5, beta2=0.75, eps=1.0, weight_decay=0.5),
                # 0.95 − 0.1 / (1 + 1); then m̂ = (0.25 − 0.5) / 0.75 and ŝ = 1:
                # 0.95 · 0.9 + 0.1 / 3 / 2
                known=[([1.0, -1.0], [0.9, 0.8716666667])],
            ),
        ]

    def update(self, slab: Slab) -> None:
        if serves(slab, "_fused_adamw_"):
            step_fused(torch._fused_adamw_, slab)  # torch has no other name for it
            return
        decay_weights(slab)
        step_by_moments(self, slab, slab.grad)
