"""GaussianNoise: normal noise is added while training."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph, Hyperparameter, Module, Setting, Shape

__all__ = ["GaussianNoise"]


class GaussianNoise(Module):
    """Additive normal noise, elementwise; in evaluation the identity.

    y = x + σ z,  dx = dy,  z ~ N(0, 1) from the noise stream of each replica

    Shapes: x (*, features) → y (*, features).
    Source: Bishop 1995, Training with noise is equivalent to Tikhonov regularization.

    Args:
        std: σ, the standard deviation of the noise, at least 0; one number or one per replica.

    Raises:
        ArgumentError: if σ is negative or not finite.
    """

    differs_in_evaluation = True

    std = Hyperparameter()

    def __init__(self, std: Setting = 0.1) -> None:
        self.std = std

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[1.0, -2.0]], [[1.0, -2.0]])]  # in evaluation
        return [Example(cls(), (4,), known=known), Example(cls(0.5), (2, 3)), Example(cls(2.0), ())]

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        if not self.training:
            return x
        noise = self.noise(x, "normal")
        return noise.mul_(self.expand(self.std, noise)).add_(x).to(x.dtype)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape

    def export(self, graph: Graph, x: str) -> str:  # noqa: ARG002  # the identity
        return x
