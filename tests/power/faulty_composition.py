"""Containers with one fault each."""

from __future__ import annotations

from typing import Any

import torch
from planting import fault
from torch import Tensor

from coreframe_composition import (
    Concatenate,
    Flatten,
    Parallel,
    Repeat,
    Reshape,
    Residual,
    Scale,
    Sum,
)


@fault("module.gradient", "x[")
class NoShortcutGradient(Residual):
    """the gradient of the shortcut is not added"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | None:
        layer = self.layer
        self.saved()
        dx: Tensor = layer.backward(*gradwrtoutput)
        return dx


@fault("module.arguments", "dy[")
class AddsInPlace(Residual):
    """the shortcut's gradient is added into dy itself"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | None:
        (dy,) = gradwrtoutput
        layer = self.layer
        self.saved()
        return dy.add_(layer.backward(dy.clone()))


@fault("module.misfits", "which output_shape refuses")
class TakesAnyFeatures(Scale):
    """an input of other features is broadcast, or fails in torch's words"""

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x * self._aligned(x)


@fault("module.known", "y[")
class MeanOfBranches(Sum):
    """the branches are averaged where they should be added"""

    def forward(self, x: Tensor) -> Tensor | None:
        y = super().forward(x)
        return None if y is None else y / len(self.layers)


@fault("module.gradient", "x[")
class ShareOfGradient(Sum):
    """the gradient is shared among the branches, where each gets the whole of it"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | None:
        (dy,) = gradwrtoutput
        return super().backward(dy / len(self.layers))


@fault("module.gradient", "x[")
class LastBranchOnly(Parallel):
    """the input gradients of the branches are not summed: the first one's stays"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | None:
        self.saved()
        dx: Tensor | None = None
        for layer, dy in zip(reversed(self.layers), reversed(gradwrtoutput), strict=True):
            dx = layer.backward(dy)
        return dx


@fault("module.gradient", "raised ProtocolError")
class InOrderOfForward(Parallel):
    """backward goes through the branches in the order of forward, not against it"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | None:
        self.saved()
        total: Tensor | None = None
        for layer, dy in zip(self.layers, gradwrtoutput, strict=True):
            dx = layer.backward(dy)
            total = dx if total is None else total + dx
        return total


@fault("module.gradient", "x[")
class SplitsTooLate(Concatenate):
    """the gradient is split one place too late"""

    def _parts(self, dy: Tensor) -> tuple[Tensor, ...]:
        return super()._parts(dy.roll(1, -1))


@fault("module.population", "replica")
class FlattensBatch(Flatten):
    """of a population, the batch is taken for a feature, and comes back reshaped wrong"""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return y.mT.reshape(y.shape) if self.replicas else y


@fault("module.known", "y[")
class ColumnMajor(Reshape):
    """the numbers are taken in column-major order"""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        square = y.dim() >= 2 and y.shape[-1] == y.shape[-2]
        return y.mT.contiguous() if square else y


@fault("module.gradient", "gain[")
class GainOfBatch(Scale):
    """the gain's gradient is the mean over the batch, not the sum"""

    def _add_gradient(self, dy: Tensor) -> None:
        before = self.gain.grad.clone()
        super()._add_gradient(dy)
        samples = max(1, dy.shape[len(self.replicas)])
        self.gain.grad.copy_(before + (self.gain.grad - before) / samples)


@fault("module.parameters-only", "weight")
class ParametersOfLastBranch(Concatenate):
    """backward_parameters reaches the last branch only"""

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        parts = self._parts(*gradwrtoutput)
        for index, (layer, dy) in enumerate(
            zip(reversed(self.layers), reversed(parts), strict=True)
        ):
            layer.backward_parameters(dy if index == 0 else torch.zeros_like(dy))


@fault("module.gradient", "raised ProtocolError")
class NotReversed(Repeat):
    """backward goes through the chain from its first layer on"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        for layer in self.chain.layers:
            dy = layer.backward(dy)
        return dy
