"""LastAxis: what the activation functions over all features of the last axis have in common."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from coreframe import Module, Shape, ShapeError

__all__ = ["LastAxis"]


class LastAxis(Module):
    """y = f(x) along the last axis; its gradient is computed from y and dy."""

    @abstractmethod
    def function(self, x: Tensor) -> Tensor:
        """f(x), along the last axis."""

    @abstractmethod
    def gradient(self, y: Tensor, dy: Tensor) -> Tensor:
        """dx, by the output and its gradient."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() < len(self.replicas) + 2:  # the last axis would be the batch
            raise self._without_features(tuple(x.shape))
        y = self.function(x)
        self.save(y)
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        return self.gradient(y, dy)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape == ():
            raise self._without_features(input_shape)
        return input_shape

    def _without_features(self, shape: Shape) -> ShapeError:
        return ShapeError(
            f"{self.described} takes features in the last axis, as (*replicas, batch, …, features); "
            f"it got {shape}"
        )
