"""JAX: an epoch as one compiled scan over its steps, and vmap over the replicas."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor
from training import Training

import coreframe as cf

UNROLL = 5
"""Steps that are compiled as one; more took longer, to compile and to run."""


class JaxScan:
    """The whole population as one; needs batches of equal size.

    Raises:
        ValueError: for samples that are not whole batches.
    """

    name, loss = "JAX jit + scan + vmap", "MSE"

    @staticmethod
    def installed() -> bool:
        return find_spec("jax") is not None

    def __init__(self, training: Training) -> None:
        if len(training.x) % training.batch_size:
            raise ValueError(f"{len(training.x)} samples are no batches of {training.batch_size}")
        # By name, for type checkers, which do not find what few have installed.
        self._jax = jax = import_module("jax")
        self._training, self.models = training, training.replicas
        self._random = cf.RandomStreams(training.seeds)
        # Weights (in, out), so that no product is of a transposed matrix.
        first = [v.mT if v.dim() > 2 else v for v in training.first_values()]
        values = [jax.numpy.array(value.contiguous().numpy()) for value in first]
        moments = [[jax.numpy.zeros_like(value) for value in values] for _ in range(2)]
        self._state: Any = (values, *moments, 0)
        self._samples = [jax.numpy.array(t.numpy()) for t in (training.x, training.y)]
        self._train = jax.jit(self._scan, donate_argnums=0)

    def train(self, epochs: int = 1) -> None:
        size = self._training.batch_size
        for _ in range(epochs):
            order = self._training.orders(self._random).to(torch.int32)
            steps = order.view(self.models, -1, size).transpose(0, 1).contiguous()
            self._state = self._train(self._state, *self._samples, steps.numpy())
        self._jax.block_until_ready(self._state)

    def values(self) -> list[Tensor]:
        found = [torch.tensor(value.tolist()) for value in self._state[0]]
        return [value.mT if value.dim() > 2 else value for value in found]

    def _scan(self, state: Any, x: Any, y: Any, steps: Any) -> Any:
        def step(state: Any, indices: Any) -> Any:
            return self._step(state, x[indices], y[indices]), None

        return self._jax.lax.scan(step, state, steps, unroll=min(UNROLL, len(steps)))[0]

    def _step(self, state: Any, x: Any, y: Any) -> Any:
        *arrays, count = state
        gradients = self._jax.vmap(self._jax.grad(self._loss))(arrays[0], x, y)
        update: Callable[..., Any] = self._sgd if self._training.rule.name == "SGD" else self._adamw
        updated = [update(*each, count + 1) for each in zip(*arrays, gradients, strict=True)]
        return *(list(each) for each in zip(*updated, strict=True)), count + 1

    def _loss(self, values: Any, x: Any, y: Any) -> Any:
        s = x
        for index in range(0, len(values), 2):
            s = (self._jax.nn.relu(s) if index else s) @ values[index] + values[index + 1]
        return self._jax.numpy.square(s - y).mean()

    def _sgd(self, w: Any, v: Any, unused: Any, g: Any, _: Any) -> Any:
        settings = self._training.rule.settings
        v = settings["momentum"] * v + g
        return w - settings["lr"] * v, v, unused

    def _adamw(self, w: Any, m: Any, s: Any, g: Any, count: Any) -> Any:
        lr, decay = (self._training.rule.settings[name] for name in ("lr", "weight_decay"))
        beta1, beta2, eps = 0.9, 0.999, 1e-8
        m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g * g
        deviation = self._jax.numpy.sqrt(s / (1 - beta2**count)) + eps
        return w - lr * decay * w - lr * m / (1 - beta1**count) / deviation, m, s
