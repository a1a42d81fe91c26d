"""Linear: the fully connected layer."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import ArgumentError, Module, Parameter, Setting, Shape, ShapeError, xavier_normal

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
    """

    replica_settings = ("gain",)

    def __init__(self, in_size: int, out_size: int, *, gain: Setting = 1.0) -> None:
        for name, size in (("in_size", in_size), ("out_size", out_size)):
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise ArgumentError(f"Linear: {name} must be a positive integer, got {size!r}")
        self.in_size = in_size
        initializer = xavier_normal(in_size, out_size, gain)
        self.weight = Parameter((out_size, in_size), initializer)
        self.bias = Parameter((out_size,), initializer)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1] != self.in_size:
            raise ShapeError(f"{self.described} takes {self.in_size} features, got {x.shape[-1]}")
        rows = self._rows(x)
        self.save(rows)
        weight, bias = self.weight.value, self.bias.value
        if self.replicas:
            s = torch.baddbmm(bias.unsqueeze(1), rows, weight.mT)
        else:
            s = torch.addmm(bias, rows, weight.mT)
        return s.view(*x.shape[:-1], -1)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (ds,) = gradwrtoutput
        self.backward_parameters(ds)
        # s = x wᵀ + b, so ∂s/∂x = w
        dx = self._rows(ds) @ self.weight.value
        return dx.view(*ds.shape[:-1], -1)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        # sᵢⱼ = Σₖ xᵢₖ wⱼₖ + bⱼ, so dwⱼₖ = Σᵢ dsᵢⱼ xᵢₖ and dbⱼ = Σᵢ dsᵢⱼ
        (ds,) = gradwrtoutput
        (x,) = self.saved()
        ds = self._rows(ds)
        weight = self.weight.grad
        if self.replicas:
            weight.baddbmm_(ds.mT, x)
        else:
            weight.addmm_(ds.mT, x)
        self.bias.grad.add_(ds.sum(-2))

    def output_shape(self, input_shape: Shape | None) -> Shape:
        (out_size,) = self.bias.shape
        if input_shape is None:
            return (out_size,)
        if not input_shape or input_shape[-1] != self.in_size:
            raise ShapeError(f"{self!r} takes {self.in_size} features, got {input_shape}")
        return (*input_shape[:-1], out_size)

    def _rows(self, x: Tensor) -> Tensor:
        """`(*replicas, rows, features)`: any axes between batch and features join the batch."""
        return x.reshape(*self.replicas, -1, x.shape[-1])
