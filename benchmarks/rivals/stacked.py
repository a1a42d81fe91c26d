"""Stacked parameters, batched products, autograd, and a fused torch.optim: the strongest rival."""

from __future__ import annotations

import torch
from rivals.torch_rules import OPTIMIZERS
from torch import Tensor, nn
from training import Training

import coreframe as cf


class Stacked:
    """The whole population as one, as HFTA and TabM do it."""

    name, loss = "stacked autograd", "MSE"

    def __init__(self, training: Training) -> None:
        self._training, self.models = training, training.replicas
        self._random = cf.RandomStreams(training.seeds)
        values = training.first_values()
        # (replicas, in, out) and (replicas, 1, out): as baddbmm takes them.
        self._weights = [nn.Parameter(weight.mT.contiguous()) for weight in values[::2]]
        self._biases = [nn.Parameter(bias.unsqueeze(1)) for bias in values[1::2]]
        rule = training.rule
        self._optimizer = OPTIMIZERS[rule.name](
            [*self._weights, *self._biases], **rule.settings, fused=True
        )

    def train(self, epochs: int = 1) -> None:
        layers = list(zip(self._weights, self._biases, strict=True))
        for x, y in self._training.batches(self._random, epochs):
            s = x
            for index, (weight, bias) in enumerate(layers):
                s = torch.baddbmm(bias, s.relu() if index else s, weight)
            # The sum over replicas of each one's mean: its gradient is each one's own.
            loss = (s - y).square().mean((1, 2)).sum()
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()

    def values(self) -> list[Tensor]:
        found: list[Tensor] = []
        for weight, bias in zip(self._weights, self._biases, strict=True):
            found += [weight.detach().mT, bias.detach().squeeze(1)]
        return found
