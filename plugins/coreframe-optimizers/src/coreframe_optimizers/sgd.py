"""SGD: stochastic gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch

from coreframe import (
    ArgumentError,
    Example,
    Hyperparameter,
    Module,
    Optimizer,
    Setting,
    Slab,
    add_scaled,
)
from coreframe_optimizers.step_number import at_step
from coreframe_optimizers.weight_decay import couple_weight_decay

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent with classic momentum, or Nesterov's.

    g ← g + λ w,  v ← μ v + (1 − τ) g,  w ← w − η v, or Nesterov's w ← w − η (g + μ v);
    τ is left out of the first step, since v begins at zero

    Source: the report, §III.A; Polyak 1964; Sutskever et al. 2013, On the importance of
    initialization and momentum in deep learning, without their factor on g; dampening and decay
    as in torch.optim.SGD.

    Args:
        model: the model to train.
        lr: learning rate η ≥ 0, one or one per replica, as all numbers here.
        momentum: μ in [0, 1).
        dampening: τ in [0, 1); without momentum it counts, too, unlike torch's.
        weight_decay: λ ≥ 0, coupled: a part of the gradient.
        nesterov: look ahead along the velocity.
        overrides: other numbers for the parameters of some names,
            [["*.bias", "weight_decay", 0.0]].

    Raises:
        ArgumentError: for Nesterov's momentum with dampening.
    """

    momentum = Hyperparameter(below=1.0)
    dampening = Hyperparameter(below=1.0)
    weight_decay = Hyperparameter()
    state_names = ("velocity",)

    def __init__(
        self,
        model: Module,
        lr: Setting,
        momentum: Setting = 0.0,
        *,
        dampening: Setting = 0.0,
        weight_decay: Setting = 0.0,
        nesterov: bool = False,
        overrides: Iterable[Sequence[Any]] = (),
    ) -> None:
        super().__init__(model)
        self.lr = lr
        self.momentum = momentum
        self.dampening = dampening
        self.weight_decay = weight_decay
        self.nesterov = nesterov
        self.overrides = overrides
        damped = self.dampening if isinstance(self.dampening, tuple) else (self.dampening,)
        if nesterov and any(damped):
            raise ArgumentError(
                f"SGD: Nesterov's momentum takes no dampening, got {self.dampening}"
            )

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(partial(cls, lr=0.1), known=[([1.0, 2.0, -1.0], [0.9, 0.7, 0.8])]),
            Example(
                partial(cls, lr=0.1, momentum=0.5),
                # v = 1, 1.5, −0.25
                known=[([1.0, 1.0, -1.0], [0.9, 0.75, 0.775])],
            ),
            Example(
                partial(cls, lr=0.1, momentum=0.5, dampening=0.25, weight_decay=0.5),
                # v = 1.5; g = −1 + 0.425, v = 0.75 − 0.43125
                known=[([1.0, -1.0], [0.85, 0.818125])],
            ),
            Example(
                partial(cls, lr=0.1, momentum=0.5, nesterov=True),
                # v = 1, −0.5: 1 − 0.15, 0.85 + 0.125
                known=[([1.0, -1.0], [0.85, 0.975])],
            ),
        ]

    def update(self, slab: Slab) -> None:
        v, momentum = slab.state["velocity"], slab.settings["momentum"]
        g = couple_weight_decay(slab)
        damping = slab.settings["dampening"]
        if isinstance(damping, float) and damping == 0:
            add_scaled(g, momentum, v, out=v)
        else:
            v.mul_(momentum)
            add_scaled(v, 1 - damping * at_step(slab, _is_later), g, out=v)
        if self.nesterov:
            v = add_scaled(g, momentum, v, out=torch.empty_like(v))
        add_scaled(slab.value, slab.settings["lr"], v, sign=-1, out=slab.value)


def _is_later(step: float) -> float:
    return float(step > 1)
