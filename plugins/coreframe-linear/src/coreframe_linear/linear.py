"""Linear: the fully connected layer."""

from __future__ import annotations

from torch import Tensor

from coreframe import ArgumentError, Module, Parameter, Setting, Shape, ShapeError, xavier_normal
from coreframe_linear.products import add_column_sums, add_product, affine, product

__all__ = ["Linear"]


class Linear(Module):
    """Fully connected layer.

    s = x wᵀ + b,  dx = ds w,  dw = dsᵀ x,  db = Σ_batch ds

    Shapes: x (*, in_size) → s (*, out_size); weight (out_size, in_size), bias (out_size,).
    Weights and biases start normal with variance gain² · 2 / (in_size + out_size).
    Source: the report, §II.A.2; Glorot and Bengio 2010 for the initial values.

    Args:
        in_size: number of input features.
        out_size: number of output features.
        gain: factor of the initial standard deviation, one or one per replica.

    Raises:
        ArgumentError: if a size is not a positive integer.
        ShapeError: in forward, if the input has other replicas or features.
    """

    replica_settings = ("gain",)

    def __init__(self, in_size: int, out_size: int, *, gain: Setting = 1.0) -> None:
        for name, size in (("in_size", in_size), ("out_size", out_size)):
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise ArgumentError(f"Linear: {name} must be a positive integer, got {size!r}")
        self.in_size, self.out_size = in_size, out_size
        initializer = xavier_normal(in_size, out_size, gain)
        self.weight = Parameter((out_size, in_size), initializer)
        self.bias = Parameter((out_size,), initializer)

    def forward(self, x: Tensor) -> Tensor:
        rows = self._rows(x, self.in_size)
        self.save(rows)
        s = affine(rows, self.weight.value, self.bias.value)
        return s if rows is x else s.reshape(*x.shape[:-1], self.out_size)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (ds,) = gradwrtoutput
        (x,) = self.saved()
        rows = self._rows(ds, self.out_size)
        self._add_gradients(x, rows)
        # s = x wᵀ + b, so ∂s/∂x = w
        dx = product(rows, self.weight.value, like=x)
        return dx if rows is ds else dx.reshape(*ds.shape[:-1], self.in_size)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        (ds,) = gradwrtoutput
        (x,) = self.saved()
        self._add_gradients(x, self._rows(ds, self.out_size))

    def _add_gradients(self, x: Tensor, ds: Tensor) -> None:
        # sᵢⱼ = Σₖ xᵢₖ wⱼₖ + bⱼ, so dwⱼₖ = Σᵢ dsᵢⱼ xᵢₖ and dbⱼ = Σᵢ dsᵢⱼ
        add_product(ds.mT, x, to=self.weight.grad)
        add_column_sums(ds, to=self.bias.grad)

    def output_shape(self, input_shape: Shape | None) -> Shape:
        if input_shape is None:
            return (self.out_size,)
        if not input_shape or input_shape[-1] != self.in_size:
            raise ShapeError(f"{self!r} takes {self.in_size} features, got {input_shape}")
        return (*input_shape[:-1], self.out_size)

    def _rows(self, x: Tensor, features: int) -> Tensor:
        """`(*replicas, rows, features)`: any axes between batch and features join the batch."""
        replicas = self.replicas
        axes = x.dim() - len(replicas)
        if axes < 2 or x.size(-1) != features or (replicas and x.size(0) != replicas[0]):
            raise ShapeError(
                f"{self.described} for replicas {replicas} takes {features} features, "
                f"as (*replicas, batch, …, {features}); it got {tuple(x.shape)}"
            )
        return x if axes == 2 else x.flatten(len(replicas), -2)
