"""SGD: stochastic gradient descent with momentum."""

from __future__ import annotations

from functools import partial

from coreframe import Example, Hyperparameter, Module, Optimizer, Setting, Slab, add_scaled

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent with classic momentum.

    v ← μ v + g,  w ← w − η v

    Source: the report, §III.A; Polyak 1964; Sutskever et al. 2013, On the importance of
    initialization and momentum in deep learning, without their factor on g.

    Args:
        model: the model to train.
        lr: learning rate η ≥ 0, one or one per replica.
        momentum: μ in [0, 1), one or one per replica.
    """

    momentum = Hyperparameter(below=1.0)
    state_names = ("velocity",)

    def __init__(self, model: Module, lr: Setting, momentum: Setting = 0.0) -> None:
        super().__init__(model)
        self.lr = lr
        self.momentum = momentum

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(partial(cls, lr=0.1), known=[([1.0, 2.0, -1.0], [0.9, 0.7, 0.8])]),
            Example(
                partial(cls, lr=0.1, momentum=0.5),
                # v = 1, 1.5, −0.25
                known=[([1.0, 1.0, -1.0], [0.9, 0.75, 0.775])],
            ),
        ]

    def update(self, slab: Slab) -> None:
        v = slab.state["velocity"]
        add_scaled(slab.grad, slab.settings["momentum"], v, out=v)
        add_scaled(slab.value, slab.settings["lr"], v, sign=-1, out=slab.value)
