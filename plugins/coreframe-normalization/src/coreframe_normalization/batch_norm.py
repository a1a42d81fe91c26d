"""BatchNorm: each channel is normalized by its mean and variance over the batch."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor

from coreframe import ArgumentError, Buffer, Example, Graph
from coreframe_normalization.channel_axis import ChannelAxis
from coreframe_normalization.precision import widened

__all__ = ["BatchNorm"]


class BatchNorm(ChannelAxis):
    """Batch normalization, each replica by its own samples.

    y = w ⊙ x̂ + b,  x̂ = (x − μ) / √(σ² + ε),  μ and σ² of a channel over its n numbers

    With g = w ⊙ dy:  dx = (g − mean g − x̂ mean(g ⊙ x̂)) / √(σ² + ε),  dw = Σ dy ⊙ x̂,  db = Σ dy

    A channel's numbers are those of all samples, and of all places where there are some. While
    training, running statistics follow: m ← (1 − momentum) m + momentum μ, and likewise the
    variance by σ² n / (n − 1), which is free of bias. In evaluation they stand for μ and σ². They
    are kept in double precision. A single number has no variance: then only the mean follows.

    Shapes: x (channels, …) → y (channels, …), behind replicas and batch: features (channels,) or
    images (channels, h, w). weight, bias and running statistics (channels,).
    Source: Ioffe and Szegedy 2015, Batch normalization.

    Args:
        channels: number of channels, the first axis behind the batch.
        eps: ε, added to the variance.
        momentum: how much the last batch counts in the running statistics, from 0 to 1.

    Raises:
        ArgumentError: for channels that are no positive integer, ε not positive and finite, or a
            momentum out of range.
        ShapeError: in forward, for an input of other channels.
    """

    differs_in_evaluation = True

    def __init__(self, channels: int, *, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(channels, eps)
        if not 0 <= momentum <= 1:
            raise ArgumentError(f"BatchNorm: momentum must be in [0, 1], got {momentum}")
        self.momentum = momentum
        self.running_mean = Buffer((channels,), dtype=torch.float64)
        self.running_var = Buffer((channels,), fill=1.0, dtype=torch.float64)

    @classmethod
    def examples(cls) -> list[Example]:
        # in evaluation, from a running mean of 0 and a running variance of 1: x / √(1 + 3)
        known = [([[1.0, -2.0, 3.0]], [[0.5, -1.0, 1.5]])]
        deviations = {"weight": 0.0, "bias": 0.0}
        return [
            Example(cls(3, eps=3.0, momentum=0.5), (3,), known=known, deviations=deviations),
            Example(cls(2), (2, 3, 2)),
            Example(cls(4), (4,)),
            Example(cls(1), (1, 3)),
            # m and v follow to 1 and 2.5, to 1.5 and 2.25, then m alone to 3.5: (x − 3.5) / √6.25
            Example(
                cls._after([0.0, 2.0, 4.0], [1.0, 3.0], [5.5]),
                (1,),
                known=[([[6.0], [1.0]], [[1.0], [-1.0]])],
            ),
        ]

    @classmethod
    def _after(cls, *batches: list[float]) -> Self:
        """One of a single channel that has seen these batches in training."""
        seen = cls(1, eps=4.0, momentum=0.5).initialize(seed=0)
        for batch in batches:
            seen.forward(torch.tensor(batch).unsqueeze(1))
        seen.forget()
        return seen

    def to_torch(self, own: dict[str, Tensor]) -> dict[str, Tensor]:
        # Batches are not counted here: torch reads the count for a momentum of None only.
        counted = torch.zeros((), dtype=torch.int64, device=own["weight"].device)
        return own | {"num_batches_tracked": counted}

    def from_torch(self, twin: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: value for name, value in twin.items() if name != "num_batches_tracked"}

    def forward(self, x: Tensor) -> Tensor:
        self.expect_channels(x)
        wide = widened(x)
        if not self.training:
            return self._evaluated(wide).to(x.dtype)
        own, numbers = self._own(wide)
        count = numbers.clamp(min=1)
        axes = self.all_but_channels(wide)
        mean = (wide if own is None else wide * own).sum(axes, keepdim=True).div_(count)
        centred = wide - mean
        if own is not None:
            centred.mul_(own)  # zero in padding, which then is in no sum
        variance = centred.square().sum(axes, keepdim=True).div_(count)
        self._follow(mean, variance, numbers)
        inverse = variance.add_(self.eps).rsqrt_()
        x_hat = centred.mul_(inverse)
        self.save(x_hat, inverse, count, *(() if own is None else (own,)))
        weight = self.per_channel(self.weight.value, x_hat)
        return torch.addcmul(self.per_channel(self.bias.value, x_hat), x_hat, weight).to(x.dtype)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        x_hat, inverse, count, *padded = self.saved()
        wide, axes = widened(dy), self.all_but_channels(dy)
        for own in padded:
            wide = wide * own
        product_sum = (wide * x_hat).sum(axes, keepdim=True)
        total = wide.sum(axes, keepdim=True)
        self.weight.grad.add_(product_sum.reshape(self.weight.grad.shape))
        self.bias.grad.add_(total.reshape(self.bias.grad.shape))
        # As in layer normalization. The weight is one number for all that a mean is over, so it
        # stands before the bracket: dx = w (dy − mean dy − x̂ mean(dy ⊙ x̂)) / √(σ² + ε).
        dx = torch.addcmul(wide, x_hat, product_sum.div_(count), value=-1).sub_(total.div_(count))
        for own in padded:
            dx = dx.mul_(own)
        return dx.mul_(inverse * self.per_channel(self.weight.value, inverse)).to(dy.dtype)

    def _evaluated(self, x: Tensor) -> Tensor:
        """One product and one sum: y = x · w / √(σ² + ε) + (b − μ w / √(σ² + ε))."""
        scale = self.weight.value * (self.running_var.value + self.eps).rsqrt()
        shift = self.bias.value - self.running_mean.value * scale
        return torch.addcmul(self.per_channel(shift, x), x, self.per_channel(scale, x))

    def _own(self, x: Tensor) -> tuple[Tensor | None, Tensor]:
        """1 for samples and 0 for padding, None where all are own; and how many numbers that is."""
        batch = len(self.replicas)
        places = x.shape[batch + 2 :].numel()
        if self.padding is None:
            return None, x.new_full((), x.shape[batch] * places)
        behind = [1] * (x.dim() - batch - 1)
        own = self.padding.weight.to(x).reshape(*x.shape[: batch + 1], *behind)
        return own, own.sum(batch, keepdim=True).mul_(places)

    def _follow(self, mean: Tensor, variance: Tensor, numbers: Tensor) -> None:
        """Move the running statistics, the variance only where there are two numbers."""
        n = numbers.double()
        if n.dim():
            n = n.reshape(*self.replicas, 1)
        correction = n / (n - 1).clamp_(min=1)
        for buffer, value, least in (
            (self.running_mean, mean.double(), 1),
            (self.running_var, variance.double() * correction.reshape(numbers.shape), 2),
        ):
            share = (n >= least).double().mul_(self.momentum)
            running = buffer.value
            buffer.value = torch.lerp(running, value.reshape(running.shape), share)

    def export(self, graph: Graph, x: str) -> str:
        weight, bias = graph.constant(self.weight), graph.constant(self.bias)
        mean, variance = graph.constant(self.running_mean), graph.constant(self.running_var)
        return graph.add("BatchNormalization", x, weight, bias, mean, variance, epsilon=self.eps)
