"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor

from coreframe import Example, Hyperparameter, Module, Optimizer, Setting, Slab
from coreframe_optimizers.complement import complement
from coreframe_optimizers.least_eps import LEAST_EPS
from coreframe_optimizers.moments import MOMENTS, correction, update_moments
from coreframe_optimizers.quotient import subtract_quotient
from coreframe_optimizers.step_number import at_step, numbers_at_step, scale_at_step
from coreframe_optimizers.warming import Warming
from coreframe_optimizers.weight_decay import couple_weight_decay

__all__ = ["NAdam"]

OfStep: TypeAlias = Callable[[float, float], float]
"""A function of the step t and of ψ."""


class NAdam(Optimizer):
    """Adam with Nesterov's momentum, which warms up.

    g ← g + λ w,  m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,
    w ← w − η ((1 − μₜ) / (1 − Πₜ) g + μₜ₊₁ / (1 − Πₜ₊₁) m) / (√ŝ + ε), where
    μₜ = β₁ (1 − 0.96^(t ψ) / 2),  Πₜ = μ₁ ⋯ μₜ,  ŝ = s / (1 − β₂ᵗ) at step t

    Source: Dozat 2016, Incorporating Nesterov momentum into Adam; as in torch.optim.NAdam.

    Args:
        model: the model to train.
        lr: learning rate η ≥ 0, one or one per replica, as all numbers here.
        beta1: β₁ in [0, 1), decay rate of the first moment; torch's betas[0].
        beta2: β₂ in [0, 1), decay rate of the second moment; torch's betas[1].
        eps: ε ≥ 1e-30, outside the root.
        weight_decay: λ ≥ 0, coupled: a part of the gradient, and so of the moments.
        momentum_decay: ψ ≥ 0, how fast the momentum warms up to β₁.
        overrides: other numbers for the parameters of some names, [["*.bias", "lr", 0.01]].
    """

    beta1 = Hyperparameter(below=1.0)
    beta2 = Hyperparameter(below=1.0)
    eps = Hyperparameter(minimum=LEAST_EPS)
    weight_decay = Hyperparameter()
    momentum_decay = Hyperparameter()
    state_names = MOMENTS

    def __init__(
        self,
        model: Module,
        lr: Setting = 2e-3,
        *,
        beta1: Setting = 0.9,
        beta2: Setting = 0.999,
        eps: Setting = 1e-8,
        weight_decay: Setting = 0.0,
        momentum_decay: Setting = 4e-3,
        overrides: Iterable[Sequence[Any]] = (),
    ) -> None:
        super().__init__(model)
        self.lr = lr
        self.beta1, self.beta2 = beta1, beta2
        self.eps = eps
        self.weight_decay = weight_decay
        self.momentum_decay = momentum_decay
        self.overrides = overrides
        self._warming = Warming()

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(
                partial(cls, lr=0.1, beta1=0.5, beta2=0.75, eps=1.0, momentum_decay=0.0),
                # All μ = 0.25. At t = 1: m = 0.5, ŝ = 1, w = 1 − 0.05 (1 + 0.25 · 0.5 / 0.9375).
                # At t = 2: m = −0.25, ŝ = 1, w += 0.05 (0.8 + 0.25 · 0.25 / 0.984375).
                known=[([1.0, -1.0], [0.9433333333, 0.9865079365])],
            ),
            Example(partial(cls, lr=0.05, weight_decay=0.1, momentum_decay=0.1)),
        ]

    def update(self, slab: Slab) -> None:
        g = couple_weight_decay(slab)
        m, deviation = update_moments(self, slab, g)
        now, ahead, eps = self._rates(slab)
        deviation.add_(eps)
        subtract_quotient(slab.value, now, g, deviation)
        subtract_quotient(slab.value, ahead, m, deviation)

    def _rates(self, slab: Slab) -> tuple[float | Tensor, float | Tensor, float | Tensor]:
        """What g, m and ε are multiplied by; the correction of s goes into them, as in Adam."""
        beta1, beta2 = slab.settings["beta1"], slab.settings["beta2"]
        if isinstance(beta1, Tensor) or isinstance(beta2, Tensor):
            return self._flat_rates(slab)
        warming = self._warming

        def root(t: float) -> float:
            return math.sqrt(1 - math.pow(beta2, t))

        def of_gradient(t: float, psi: float) -> float:
            mu = beta1 * warming.share(t, psi)
            return root(t) * (1 - mu) / (1 - math.pow(beta1, t) * warming.product(t, psi))

        def of_moment(t: float, psi: float) -> float:
            mu, power = beta1 * warming.share(t + 1, psi), math.pow(beta1, t + 1)
            return root(t) * mu / (1 - power * warming.product(t + 1, psi))

        return (
            self._scaled(slab, of_gradient),
            self._scaled(slab, of_moment),
            scale_at_step(slab, "eps", root),
        )

    def _flat_rates(self, slab: Slab) -> tuple[float | Tensor, float | Tensor, float | Tensor]:
        lr, warming = slab.settings["lr"], self._warming
        root = correction(self, slab, "beta2") ** 0.5
        beta1 = 1 - complement(self, slab, "beta1")
        now = beta1 * self._at_step(slab, warming.share)
        ahead = beta1 * self._at_step(slab, lambda t, psi: warming.share(t + 1, psi))
        power = 1 - correction(self, slab, "beta1")  # β₁ᵗ
        product = power * self._at_step(slab, warming.product)
        return (
            lr * root * (1 - now) / (1 - product),
            lr * root * ahead / (1 - product * ahead),
            slab.settings["eps"] * root,
        )

    def _scaled(self, slab: Slab, function: OfStep) -> float | Tensor:
        lr = slab.settings["lr"]
        if isinstance(lr, Tensor):
            return lr * self._at_step(slab, function)
        return self._at_step(slab, lambda t, psi: lr * function(t, psi))

    def _at_step(self, slab: Slab, function: OfStep) -> float | Tensor:
        """function(t, ψ), a number or a flat tensor."""
        numbers = at_step(slab, function, self.momentum_decay)
        for override in self.overrides:
            # Products over all steps are numbers, worked out apart for each override.
            if override.setting == "momentum_decay":
                if not isinstance(numbers, Tensor):
                    numbers = torch.full_like(slab.value, numbers)
                own = numbers_at_step(slab, function, override.value)
                replace(override, value=own).write(numbers, slab.flat, 1.0)
        return numbers
