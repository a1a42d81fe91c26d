"""RMSprop: the gradient over the root of its running mean square."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from coreframe import Example, Hyperparameter, Module, Optimizer, Setting, Slab, add_scaled
from coreframe_optimizers.complement import complement
from coreframe_optimizers.least_eps import LEAST_EPS
from coreframe_optimizers.quotient import subtract_quotient
from coreframe_optimizers.weight_decay import couple_weight_decay

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """RMSprop, with momentum, and centred if wanted.

    g ← g + λ w,  s ← α s + (1 − α) g²,  v ← μ v + g / (√s + ε),  w ← w − η v;
    centred, a ← α a + (1 − α) g, and s − a² stands for s under the root

    Source: Tieleman and Hinton 2012, Lecture 6.5, rmsprop; centred: Graves 2013, Generating
    sequences with recurrent neural networks, eq. 38–45; as in torch.optim.RMSprop.

    Args:
        model: the model to train.
        lr: learning rate η ≥ 0, one or one per replica, as all numbers here.
        alpha: α in [0, 1), decay rate of the means.
        eps: ε ≥ 1e-30, outside the root.
        momentum: μ in [0, 1). While it is the number 0, the velocity stays as it is.
        weight_decay: λ ≥ 0, coupled: a part of the gradient.
        centered: divide by the standard deviation of the gradient instead of its mean square.
        overrides: other numbers for the parameters of some names, [["*.bias", "lr", 0.01]].
    """

    alpha = Hyperparameter(below=1.0)
    eps = Hyperparameter(minimum=LEAST_EPS)
    momentum = Hyperparameter(below=1.0)
    weight_decay = Hyperparameter()
    state_names: ClassVar[tuple[str, ...]] = ("mean_square", "velocity")

    def __init__(
        self,
        model: Module,
        lr: Setting = 1e-2,
        *,
        alpha: Setting = 0.99,
        eps: Setting = 1e-8,
        momentum: Setting = 0.0,
        weight_decay: Setting = 0.0,
        centered: bool = False,
        overrides: Iterable[Sequence[Any]] = (),
    ) -> None:
        if centered:
            # The mean is of no use to the other kind, which would have to save it.
            self.state_names = ("mean_square", "velocity", "mean")  # type: ignore[misc]
        super().__init__(model)
        self.lr = lr
        self.alpha, self.eps = alpha, eps
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.centered = centered
        self.overrides = overrides

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(
                partial(cls, lr=0.1, alpha=0.75, eps=0.5),
                # s = 0.25: w = 1 − 0.1 / (0.5 + 0.5); s = 0.4375: w = 0.9 + 0.1 / (√s + 0.5)
                known=[([1.0, -1.0], [0.9, 0.9861001748])],
            ),
            Example(
                partial(
                    cls, lr=0.05, alpha=0.5, eps=1.0, momentum=0.5, weight_decay=0.5, centered=True
                ),
                # g = 1.5, s = 1.125, a = 0.75: v = 1.5 / (0.75 + 1), w = 1 − 0.05 v
                known=[([1.0], [0.9571428571])],
            ),
        ]

    def update(self, slab: Slab) -> None:
        g = couple_weight_decay(slab)
        root = self._root(slab, g).add_(slab.settings["eps"])
        lr, momentum = slab.settings["lr"], slab.settings["momentum"]
        if not isinstance(momentum, Tensor) and momentum == 0:
            subtract_quotient(slab.value, lr, g, root)
            return
        v = slab.state["velocity"]
        add_scaled(torch.div(g, root, out=root), momentum, v, out=v)
        add_scaled(slab.value, lr, v, sign=-1, out=slab.value)

    def _root(self, slab: Slab, g: Tensor) -> Tensor:
        """√s, or √(s − a²), after s and a have taken in g; a tensor to be changed."""
        s, rest = slab.state["mean_square"], complement(self, slab, "alpha")
        squares = g * g
        s.lerp_(squares, rest)
        if not self.centered:
            return torch.sqrt(s, out=squares)
        mean = slab.state["mean"].lerp_(g, rest)
        # A variance that is zero may come out below it by rounding.
        return torch.addcmul(s, mean, mean, value=-1, out=squares).clamp_(min=0).sqrt_()
