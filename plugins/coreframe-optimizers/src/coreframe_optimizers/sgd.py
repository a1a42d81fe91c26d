"""SGD: stochastic gradient descent with momentum."""

from __future__ import annotations

from coreframe import Module, Optimizer, Setting, Slab, add_scaled

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

    replica_settings = ("lr", "momentum")
    state_names = ("velocity",)

    def __init__(self, model: Module, lr: Setting, momentum: Setting = 0.0) -> None:
        super().__init__(model)
        self.setting("lr", lr)
        self.setting("momentum", momentum, below=1.0)

    def update(self, slab: Slab) -> None:
        v = slab.state["velocity"]
        add_scaled(slab.grad, slab.settings["momentum"], v, out=v)
        add_scaled(slab.value, slab.settings["lr"], v, sign=-1, out=slab.value)
