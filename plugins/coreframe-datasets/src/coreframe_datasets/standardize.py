"""Standardize: features of mean zero and deviation one."""

from __future__ import annotations

from math import prod
from typing import Self

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Buffer,
    Example,
    Graph,
    Module,
    Shape,
    ShapeError,
    Split,
    TensorSplit,
    whole_number,
)

__all__ = ["Standardize"]

ROWS = 1024  # samples that are looked at together: a split may be larger than memory


class Standardize(Module):
    """Subtracts each feature's mean and divides by its standard deviation.

    y = (x − m) / s,  dx = dy / s

    m and s are buffers: `fit` finds them on training samples, and from then on they are saved,
    moved and selected with the model, so that it takes raw samples. Before, m = 0 and s = 1;
    `initialize` and `reset_weights` return to that. They are not learned.

        model = assemble(["Standardize(4)", "Linear(4, 3)"])
        model.layers[0].fit(data.train)

    Shapes: x (*replicas, batch, …, *features) → y likewise; mean and deviation `features`.
    Source: LeCun et al. 1998, Efficient BackProp, §4.3.

    Args:
        features: the last axes of the input, each number of which has its own mean and
            deviation: `Standardize(4)`, `Standardize(1, 8, 8)`. `Standardize()` has one of each
            for all numbers.

    Raises:
        ArgumentError: if a size is not a positive integer.
        ShapeError: in forward, if the input has other features or replicas.
    """

    def __init__(self, *features: int) -> None:
        self.features = tuple(whole_number("Standardize: a size", size) for size in features)
        self.mean = Buffer(self.features)
        self.deviation = Buffer(self.features, fill=1.0)

    @classmethod
    def examples(cls) -> list[Example]:
        x = torch.tensor([[1.0, 5.0], [5.0, 5.0]])  # the second feature is constant
        fitted = cls(2).initialize(seed=0).fit(TensorSplit(x, torch.zeros(2)))
        return [
            Example(fitted, (2,), known=[([[4.0, 6.0]], [[0.5, 1.0]])]),
            Example(cls(3), (3,), known=[([[1.0, -2.0, 4.0]], [[1.0, -2.0, 4.0]])]),
            Example(cls(1, 2), (3, 1, 2)),
            Example(cls(), (2,)),
        ]

    def fit(self, split: Split) -> Self:
        """Take over the mean and the deviation of these samples.

        s² = (1/n) Σᵢ (xᵢ − m)², over the samples and all axes in front of the features. A
        feature that is constant has s = 1, so that it becomes zero.

        Args:
            split: the training samples, never those for testing; a population takes what all
                replicas share, or samples of each replica's own.

        Raises:
            ShapeError: for a split without samples, of other features, or of a population of
                another size.
            ArgumentError: if its numbers are not finite.
        """
        replicas = split.replicas
        if replicas not in ((), self.replicas) or not len(split):
            raise ShapeError(
                f"{self.described} for replicas {self.replicas} cannot be fitted on {len(split)} "
                f"samples for replicas {replicas}"
            )
        shape = (*replicas, *self.features)
        mean, deviation = (t.reshape(shape).to(self.mean.value) for t in self._moments(split))
        if not bool((mean.isfinite() & deviation.isfinite()).all()):
            raise ArgumentError(f"{self.described} is fitted on numbers that are not finite")
        # Also what the dtype rounds to zero: it must not divide.
        deviation = deviation.masked_fill(deviation == 0, 1)
        for buffer, numbers in ((self.mean, mean), (self.deviation, deviation)):
            buffer.value = numbers.expand(buffer.value.shape).contiguous()
        return self

    def forward(self, x: Tensor) -> Tensor:
        replicas, own = self.replicas, self.features
        lead = len(replicas)
        if (
            x.dim() < lead + 1 + len(own)
            or tuple(x.shape[:lead]) != replicas
            or tuple(x.shape[x.dim() - len(own) :]) != own
        ):
            raise ShapeError(
                f"{self.described} for replicas {replicas} takes features that end in {own}, "
                f"as (*replicas, batch, …); it got {tuple(x.shape)}"
            )
        self.save()
        return (x - self._aligned(self.mean, x)).div_(self._aligned(self.deviation, x))

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy / self._aligned(self.deviation, dy)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        own = self.features
        if input_shape is None:
            return own or None
        if len(input_shape) < len(own) or input_shape[len(input_shape) - len(own) :] != own:
            raise ShapeError(f"{self!r} takes features that end in {own}, got {input_shape}")
        return input_shape

    def export(self, graph: Graph, x: str) -> str:
        centred = graph.add("Sub", x, graph.constant(self.mean))
        return graph.add("Div", centred, graph.constant(self.deviation))

    def _aligned(self, buffer: Buffer, x: Tensor) -> Tensor:
        """A buffer as it broadcasts over `x`: replicas first, features last."""
        between = x.dim() - len(self.replicas) - len(self.features)
        shape = (*self.replicas, *[1] * between, *self.features)
        return buffer.value.to(x.dtype).reshape(shape)

    def _moments(self, split: Split) -> tuple[Tensor, Tensor]:
        """Mean and deviation `(*replicas, numbers)`, in double precision, in parts of the split.

        The parts are joined as by Chan et al. 1983, Algorithms for computing the sample variance.
        Everything is measured from the first sample, so that a constant feature's deviation is
        exactly zero.
        """
        lengths = torch.tensor(split.lengths or len(split)).expand(split.replicas)
        first = count = mean = squares = torch.zeros(())
        for positions in torch.split(torch.arange(len(split)), ROWS):
            x = self._rows(split, positions)
            if int(positions[0]) == 0:
                first = x[..., :1, :1, :]
            # One for a sample of the replica's own, zero for one that fills a shorter replica up.
            valid = (positions < lengths.unsqueeze(-1)).to(x)[..., None, None]
            number = valid.sum((-3, -2)) * x.shape[-2]
            total = count + number
            x = x - first
            own = (x * valid).sum((-3, -2)) / number.clamp(min=1)
            rest = (x - own[..., None, None, :]).square_().mul_(valid).sum((-3, -2))
            gap = own - mean
            squares = squares + rest + gap.square() * (count * number / total)
            mean, count = mean + gap * (number / total), total
        return mean + first[..., 0, 0, :], (squares / count).sqrt()

    def _rows(self, split: Split, positions: Tensor) -> Tensor:
        """Samples `(*replicas, batch, rows, numbers)`: a sample may have several rows."""
        x, _ = split.take(positions.expand(*split.replicas, -1))
        last = x.dim() - len(self.features)
        lead = len(split.replicas) + 1
        if last < lead or tuple(x.shape[last:]) != self.features:
            raise ShapeError(
                f"{self.described} cannot be fitted on features {tuple(x.shape[lead:])}, which "
                f"do not end in {self.features}"
            )
        rows = prod(x.shape[lead:last])
        return x.double().reshape(*x.shape[:lead], rows, prod(self.features))
