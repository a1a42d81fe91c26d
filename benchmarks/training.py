"""Training: what all rivals do, from the same first values, on the same batches in the same order.

A perceptron, the mean square, and SGD with momentum or AdamW.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

import coreframe as cf
from coreframe.training.batches import Batches, gather

LR, MOMENTUM = 0.01, 0.8


@dataclass(frozen=True)
class Rule:
    """An optimizer, by a name and by settings that coreframe and torch both take."""

    name: str
    settings: Mapping[str, float]


SGD = Rule("SGD", {"lr": LR, "momentum": MOMENTUM})
ADAMW = Rule("AdamW", {"lr": 1e-3, "weight_decay": 0.01})
ACTIVATIONS = {"ReLU": torch.relu, "Tanh": torch.tanh, "Sigmoid": torch.sigmoid}


@dataclass(frozen=True)
class Training:
    """A population to train, one replica a seed.

    Attributes:
        sizes: units of each layer, inputs first.
        x, y: the samples, `(samples, in)` and `(samples, out)`, which all replicas share.
        batch_size: samples per step and replica.
        rule: the optimizer.
        seeds: of the first values and of the order.
        activation: between the layers; most rivals have ReLU alone.
    """

    sizes: tuple[int, ...]
    x: Tensor
    y: Tensor
    batch_size: int
    rule: Rule = SGD
    seeds: tuple[int, ...] = (0,)
    activation: str = "ReLU"

    @classmethod
    def drawn(
        cls,
        sizes: Sequence[int],
        samples: int,
        batch_size: int,
        *,
        rule: Rule = SGD,
        replicas: int = 1,
    ) -> Training:
        """Uniform points of two and more classes, by the largest of random sums of squares."""
        generator = torch.Generator().manual_seed(0)
        x = torch.rand(samples, sizes[0], generator=generator)
        directions = torch.randn(sizes[0], sizes[-1], generator=generator)
        y = torch.eye(sizes[-1])[((x - 0.5).square() @ directions).argmax(-1)]
        return cls(tuple(sizes), x, y, batch_size, rule, tuple(range(replicas)))

    @property
    def replicas(self) -> int:
        return len(self.seeds)

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return -(-len(self.x) // self.batch_size)

    def of(self, replicas: int) -> Training:
        """The same with so many replicas."""
        return replace(self, seeds=tuple(range(replicas)))

    def blocks(self, size: int) -> list[Training]:
        """The population cut into equal blocks of at most so many replicas."""
        parts = cf.cut_into_blocks(self.replicas, size)
        return [replace(self, seeds=self.seeds[part.start : part.stop]) for part in parts]

    def specs(self) -> list[str]:
        """The layers, as coreframe assembles them."""
        specs: list[str] = []
        for in_size, out_size in pairwise(self.sizes):
            specs += [f"Linear({in_size}, {out_size})", self.activation]
        return specs[:-1]

    def first_values(self) -> list[Tensor]:
        """Weight `(replicas, out, in)` and bias `(replicas, out)` of each layer in turn."""
        model = cf.assemble(self.specs(), seeds=self.seeds)
        return [parameter.value.clone() for parameter in model.param()]

    def batches(self, random: cf.RandomStreams, epochs: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs and targets of the next epochs, as train_model takes and gathers them."""
        split = cf.TensorSplit(self.x, self.y)
        batches = Batches(split, self.batch_size, random)
        for _ in range(epochs):
            for _, x, y in gather(split, batches.epoch(), lambda tensor: tensor):
                yield x, y

    def orders(self, random: cf.RandomStreams) -> Tensor:
        """Indices `(replicas, samples)` of the next epoch, for who gathers on his own."""
        return torch.stack(random.permutation("order", [len(self.x)] * self.replicas))

    def loss(self, values: Sequence[Tensor]) -> Tensor:
        """The mean square `(replicas,)` over all samples, of a network with these values."""
        s, activate = self.x.expand(len(values[0]), *self.x.shape), ACTIVATIONS[self.activation]
        for index in range(0, len(values), 2):
            weight, bias = values[index : index + 2]
            s = torch.baddbmm(bias.unsqueeze(1), activate(s) if index else s, weight.mT)
        return (s - self.y).square().mean((1, 2))
