"""torch.nn with autograd and torch.optim: one model after the other, as most people do it."""

from __future__ import annotations

from itertools import pairwise

import torch
from rivals.torch_rules import OPTIMIZERS
from torch import Tensor, nn
from training import Training

import coreframe as cf

ACTIVATIONS = {"ReLU": nn.ReLU, "Tanh": nn.Tanh, "Sigmoid": nn.Sigmoid}


class TorchLoop:
    """The first replica, alone: its time is that of each in a loop.

    Args:
        training: its other replicas are left out.
        fused: torch.optim's fused kernels, which have to be asked for.
    """

    name, loss, models = "torch.nn loop", "MSE", 1

    def __init__(self, training: Training, *, fused: bool = True) -> None:
        self._training = training
        self._random = cf.RandomStreams(training.seeds[0])
        layers: list[nn.Module] = []
        for in_size, out_size in pairwise(training.sizes):
            layers += [nn.Linear(in_size, out_size), ACTIVATIONS[training.activation]()]
        self._model = nn.Sequential(*layers[:-1])
        parameters = list(self._model.parameters())
        with torch.no_grad():
            for parameter, values in zip(parameters, training.first_values(), strict=True):
                parameter.copy_(values[0])
        rule = training.rule
        self._optimizer = OPTIMIZERS[rule.name](parameters, **rule.settings, fused=fused)
        self._measure = nn.MSELoss()

    def train(self, epochs: int = 1) -> None:
        for x, y in self._training.batches(self._random, epochs):
            self._optimizer.zero_grad()
            self._measure(self._model(x), y).backward()
            self._optimizer.step()

    def values(self) -> list[Tensor]:
        return [parameter.detach().unsqueeze(0) for parameter in self._model.parameters()]
