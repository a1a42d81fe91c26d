"""torch.func: vmap over a model, and a fused torch.optim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from rivals.torch_rules import OPTIMIZERS
from torch import Tensor, nn
from torch.func import grad, vmap
from torch.nn.functional import linear, mse_loss
from training import Training

import coreframe as cf

Values: TypeAlias = tuple[Tensor, ...]


def loss_of(values: Values, x: Tensor, y: Tensor) -> Tensor:
    """The loss of one model."""
    s = x
    for index in range(0, len(values), 2):
        s = linear(s.relu() if index else s, *values[index : index + 2])
    return mse_loss(s, y)


def by_func(values: Values, x: Tensor, y: Tensor) -> Values:
    """vmap over `torch.func.grad`, as torch's own page on ensembles does it."""
    with torch.no_grad():
        gradients: Values = vmap(grad(loss_of))(values, x, y)
    return gradients


def by_autograd(values: Values, x: Tensor, y: Tensor) -> Values:
    """vmap over the loss, and autograd's gradient of the sum, which was measured to be faster."""
    return torch.autograd.grad(vmap(loss_of)(values, x, y).sum(), values)


FUNC, AUTOGRAD = "torch.func vmap(grad)", "torch.func vmap, autograd"
GRADIENTS: Mapping[str, Callable[[Values, Tensor, Tensor], Values]] = {
    FUNC: by_func,
    AUTOGRAD: by_autograd,
}


class Vmapped:
    """The whole population as one.

    Args:
        training: what to train.
        name: of the way to the gradients.
    """

    loss = "MSE"

    def __init__(self, training: Training, name: str = FUNC) -> None:
        self._training, self.models = training, training.replicas
        self._random = cf.RandomStreams(training.seeds)
        self._values = tuple(nn.Parameter(values) for values in training.first_values())
        rule = training.rule
        self._optimizer = OPTIMIZERS[rule.name](self._values, **rule.settings, fused=True)
        self.name, self._gradients = name, GRADIENTS[name]

    def train(self, epochs: int = 1) -> None:
        for x, y in self._training.batches(self._random, epochs):
            found = self._gradients(self._values, x, y)
            for value, gradient in zip(self._values, found, strict=True):
                value.grad = gradient.contiguous()  # fused kernels take no other order
            self._optimizer.step()

    def values(self) -> list[Tensor]:
        return [value.detach() for value in self._values]
