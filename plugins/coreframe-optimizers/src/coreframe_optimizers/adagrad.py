"""Adagrad: the gradient over the root of the sum of all its squares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from coreframe import Example, Hyperparameter, Module, Optimizer, Setting, Slab
from coreframe_optimizers.fused import serves, step_tensor
from coreframe_optimizers.least_eps import LEAST_EPS
from coreframe_optimizers.quotient import subtract_quotient
from coreframe_optimizers.step_number import scale_at_step
from coreframe_optimizers.weight_decay import couple_weight_decay

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Adaptive subgradient descent.

    g ← g + λ w,  s ← s + g²,  w ← w − ηₜ g / (√(s₀ + s) + ε), where ηₜ = η / (1 + (t − 1) κ)

    Source: Duchi et al. 2011, Adaptive subgradient methods for online learning and stochastic
    optimization, in its diagonal form; as in torch.optim.Adagrad.

    Args:
        model: the model to train.
        lr: learning rate η ≥ 0, one or one per replica, as all numbers here.
        lr_decay: κ ≥ 0, by which the learning rate falls.
        eps: ε ≥ 1e-30, outside the root.
        weight_decay: λ ≥ 0, coupled: a part of the gradient.
        initial_accumulator_value: s₀ ≥ 0, which is not in the state.
        overrides: other numbers for the parameters of some names, [["*.bias", "lr", 0.01]].
    """

    lr_decay = Hyperparameter()
    eps = Hyperparameter(minimum=LEAST_EPS)
    weight_decay = Hyperparameter()
    initial_accumulator_value = Hyperparameter()
    state_names = ("sum_of_squares",)

    def __init__(
        self,
        model: Module,
        lr: Setting = 1e-2,
        *,
        lr_decay: Setting = 0.0,
        eps: Setting = 1e-10,
        weight_decay: Setting = 0.0,
        initial_accumulator_value: Setting = 0.0,
        overrides: Iterable[Sequence[Any]] = (),
    ) -> None:
        super().__init__(model)
        self.lr = lr
        self.lr_decay = lr_decay
        self.eps = eps
        self.weight_decay = weight_decay
        self.initial_accumulator_value = initial_accumulator_value
        self.overrides = overrides

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            # s = 9 and 25: 1 − 0.1 · 3 / 3, 0.9 − 0.1 · 4 / 5
            Example(partial(cls, lr=0.1), known=[([3.0, 4.0], [0.9, 0.82])]),
            Example(
                partial(
                    cls,
                    lr=0.2,
                    lr_decay=1.0,
                    eps=1.0,
                    weight_decay=1.0,
                    initial_accumulator_value=1.0,
                ),
                # g = 1 + 1: 1 − 0.2 · 2 / (√(1 + 4) + 1) = 0.8763932; g = 0.8763932 − 1, η = 0.2 / 2
                known=[([1.0, -1.0], [0.8763932023, 0.8802088372])],
            ),
        ]

    def update(self, slab: Slab) -> None:
        s = slab.state["sum_of_squares"]
        settings: dict[str, Any] = dict(slab.settings)
        initial = settings.pop("initial_accumulator_value")
        starts_at_zero = not isinstance(initial, Tensor) and initial == 0
        if starts_at_zero and serves(slab, "_fused_adagrad_"):
            torch._fused_adagrad_(  # torch has no other name for it
                [slab.value], [slab.grad], [s], [step_tensor(slab)], **settings, maximize=False
            )
            return
        g = couple_weight_decay(slab)
        s.addcmul_(g, g)
        root = s.sqrt() if starts_at_zero else torch.add(s, initial).sqrt_()
        subtract_quotient(slab.value, self._rate(slab), g, root.add_(slab.settings["eps"]))

    def _rate(self, slab: Slab) -> float | Tensor:
        decay = slab.settings["lr_decay"]
        if isinstance(decay, Tensor):
            return slab.settings["lr"] / (1 + slab.expand(slab.steps - 1) * decay)
        if decay == 0:
            return slab.settings["lr"]
        return scale_at_step(slab, "lr", lambda t: 1 / (1 + (t - 1) * decay))
