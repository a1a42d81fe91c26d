"""TrailingAxes: what normalizations of each sample over its last axes have in common."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from coreframe import Constant, Module, Parameter, Shape, ShapeError
from coreframe_normalization.precision import widened
from coreframe_normalization.sizes import positive_eps, trailing_shape

__all__ = ["TrailingAxes"]


class TrailingAxes(Module):
    """Normalizes over the last axes, then scales by a learned weight.

    x̂ = z / √(mean z² + ε) with z = x or x − mean x, and g = w ⊙ dy:

    dx = (g − [mean g] − x̂ mean(g ⊙ x̂)) / √(mean z² + ε),  dw = Σ dy ⊙ x̂

    where [mean g] is there if the mean was subtracted.
    """

    centres: bool = True
    """Whether the mean is subtracted."""

    def __init__(self, size: int | Sequence[int], eps: float) -> None:
        layer = type(self).__name__
        self.shape, self.eps = trailing_shape(layer, size), positive_eps(layer, eps)
        self.axes = tuple(range(-len(self.shape), 0))
        self.weight = Parameter(self.shape, Constant(1.0))

    def normalized(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x̂, as a tensor of its own, and 1 / √(mean z² + ε)."""
        wide = widened(x)
        if self.centres:
            centred = wide - wide.mean(self.axes, keepdim=True)
            inverse = centred.square().mean(self.axes, keepdim=True).add_(self.eps).rsqrt_()
            return centred.mul_(inverse), inverse
        inverse = wide.square().mean(self.axes, keepdim=True).add_(self.eps).rsqrt_()
        return wide * inverse, inverse

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        x_hat, inverse = self.saved()
        wide = widened(dy)
        product = wide * x_hat
        self.add_to(self.weight, product)
        # x̂ᵢ = zᵢ r with r = (mean z² + ε)^(−½), and ∂r/∂zⱼ = −r³ zⱼ / n, so
        # ∂x̂ᵢ/∂zⱼ = r ([i = j] − x̂ᵢ x̂ⱼ / n)
        weight = self.along(self.weight, wide)
        along_x_hat = product.mul_(weight).mean(self.axes, keepdim=True)
        dx = wide * weight
        if self.centres:
            dx = dx.sub_(dx.mean(self.axes, keepdim=True))
        return dx.addcmul_(x_hat, along_x_hat, value=-1).mul_(inverse).to(dy.dtype)

    def along(self, parameter: Parameter, x: Tensor) -> Tensor:
        """A parameter's value, in the dtype of x and to be broadcast over its samples."""
        value = parameter.value.to(x.dtype)
        between = x.dim() - value.dim()
        return value.reshape(*self.replicas, *[1] * between, *self.shape)

    def add_to(self, parameter: Parameter, gradient: Tensor) -> None:
        """Add to a parameter's gradient the sum over samples and the axes behind them."""
        samples = range(len(self.replicas), gradient.dim() - len(self.shape))
        parameter.grad.add_(gradient.sum(tuple(samples)))

    def expect_features(self, x: Tensor) -> None:
        """Raise unless x ends in the features that are normalized."""
        enough = x.dim() > len(self.replicas) + len(self.shape)
        if not enough or tuple(x.shape[-len(self.shape) :]) != self.shape:
            raise ShapeError(
                f"{self.described} for replicas {self.replicas} takes (*replicas, batch, …, "
                f"{', '.join(map(str, self.shape))}); it got {tuple(x.shape)}"
            )

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return self.shape
        if tuple(input_shape[-len(self.shape) :]) != self.shape:
            raise ShapeError(f"{self!r} takes features ending in {self.shape}, got {input_shape}")
        return input_shape
