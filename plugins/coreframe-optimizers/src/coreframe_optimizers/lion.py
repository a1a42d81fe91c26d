"""Lion: steps by the sign of a running mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch

from coreframe import Example, Hyperparameter, Module, Optimizer, Setting, Slab, add_scaled
from coreframe_optimizers.complement import complement
from coreframe_optimizers.weight_decay import decay_weights

__all__ = ["Lion"]


class Lion(Optimizer):
    """Lion: evolved sign momentum.

    w ← w − η λ w,  w ← w − η sign(β₁ m + (1 − β₁) g),  m ← β₂ m + (1 − β₂) g

    Every weight moves by η in each step, so η is to be three to ten times less than Adam's, and
    λ as many times more.

    Source: Chen et al. 2023, Symbolic discovery of optimization algorithms, algorithm 2.

    Args:
        model: the model to train.
        lr: learning rate η ≥ 0, one or one per replica, as all numbers here.
        beta1: β₁ in [0, 1), what the running mean counts in the step.
        beta2: β₂ in [0, 1), decay rate of the running mean.
        weight_decay: λ ≥ 0, decoupled.
        overrides: other numbers for the parameters of some names,
            [["*.bias", "weight_decay", 0.0]].
    """

    beta1 = Hyperparameter(below=1.0)
    beta2 = Hyperparameter(below=1.0)
    weight_decay = Hyperparameter()
    state_names = ("first_moment",)

    def __init__(
        self,
        model: Module,
        lr: Setting = 1e-4,
        *,
        beta1: Setting = 0.9,
        beta2: Setting = 0.99,
        weight_decay: Setting = 0.0,
        overrides: Iterable[Sequence[Any]] = (),
    ) -> None:
        super().__init__(model)
        self.lr = lr
        self.beta1, self.beta2 = beta1, beta2
        self.weight_decay = weight_decay
        self.overrides = overrides

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(
                partial(cls, lr=0.02, beta1=0.25, beta2=0.75),
                # m = 1, then 0.5; the signs are of 3, 0.25 − 0.75 and 0.125 + 1.125
                known=[([4.0, -1.0, 1.5], [0.98, 1.0, 0.98])],
            ),
            Example(
                partial(cls, lr=0.1, beta1=0.5, beta2=0.75, weight_decay=0.5),
                # 0.95 − 0.1; m = 1: 0.5 − 0.1 is positive, 0.8075 − 0.1
                known=[([4.0, -0.2], [0.85, 0.7075])],
            ),
        ]

    def update(self, slab: Slab) -> None:
        m = slab.state["first_moment"]
        decay_weights(slab)
        direction = torch.lerp(m, slab.grad, complement(self, slab, "beta1")).sign_()
        add_scaled(slab.value, slab.settings["lr"], direction, sign=-1, out=slab.value)
        m.lerp_(slab.grad, complement(self, slab, "beta2"))
