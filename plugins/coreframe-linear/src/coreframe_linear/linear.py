"""Linear: the fully connected layer."""

from __future__ import annotations

from math import sqrt

from torch import Tensor

from coreframe import (
    ArgumentError,
    Example,
    Graph,
    Module,
    PaddedForm,
    Parameter,
    Setting,
    Shape,
    ShapeError,
    whole_number,
    xavier_normal,
)
from coreframe_linear.products import add_product, add_row_sums, affine, product

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
        ArgumentError: if a size is not a positive integer; in forward and backward, for a tensor
            of another dtype or device than the weights.
        ShapeError: in forward, if the input has other replicas or features; in backward, if the
            gradient is not of the output's shape.
    """

    replica_settings = ("gain",)
    padded_form = PaddedForm("PaddedLinear", ("in_size", "inputs"), ("out_size", "outputs"))

    def __init__(self, in_size: int, out_size: int, *, gain: Setting = 1.0) -> None:
        in_size = whole_number("Linear: in_size", in_size)
        out_size = whole_number("Linear: out_size", out_size)
        self.in_size, self.out_size = in_size, out_size
        initializer = xavier_normal(in_size, out_size, gain)
        self.weight = Parameter((out_size, in_size), initializer)
        self.bias = Parameter((out_size,), initializer)

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(
                cls(4, 3, gain=0.5),
                (4,),
                deviations={"weight": 0.5 * sqrt(2 / 7), "bias": 0.5 * sqrt(2 / 7)},
            ),
            Example(cls(3, 3), (5, 3)),
            Example(cls(1, 1), (1,)),
            Example(cls(3, 1), (3,)),
            Example(cls(2, 20), (2,), deviations={"weight": sqrt(2 / 22), "bias": sqrt(2 / 22)}),
            Example(cls(2, 25), (16, 2)),
            Example(cls(64, 70), (64,)),
            Example(cls(20, 2), (20,)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        rows = self._rows(x, self.in_size)
        try:
            s = affine(rows, self.weight.value, self.bias.value)
        except RuntimeError:
            self._expect_alike(x)
            raise
        self.save(rows, x)
        return s if rows is x else s.reshape(*x.shape[:-1], self.out_size)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (ds,) = gradwrtoutput
        x, rows = self._add_gradients(ds)
        # s = x wᵀ + b, so ∂s/∂x = w
        dx = product(rows, self.weight.value, like=x)
        return dx if rows is ds else dx.reshape(*ds.shape[:-1], self.in_size)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        (ds,) = gradwrtoutput
        self._add_gradients(ds)

    def _add_gradients(self, ds: Tensor) -> tuple[Tensor, Tensor]:
        """Gives the rows of the input and of `ds`."""
        x, given = self.saved()
        rows = self._rows(ds, self.out_size)
        if ds.shape[:-1] != given.shape[:-1]:
            raise ShapeError(
                f"{self.described} got the gradient {tuple(ds.shape)} for outputs "
                f"{(*given.shape[:-1], self.out_size)}"
            )
        # sᵢⱼ = Σₖ xᵢₖ wⱼₖ + bⱼ, so dwⱼₖ = Σᵢ dsᵢⱼ xᵢₖ and dbⱼ = Σᵢ dsᵢⱼ
        turned = rows.mT
        try:
            add_product(turned, x, to=self.weight.grad)
        except RuntimeError:  # so that nothing need be asked before
            self._expect_alike(ds)
            raise
        add_row_sums(turned, to=self.bias.grad)
        return x, rows

    def output_shape(self, input_shape: Shape | None) -> Shape:
        if input_shape is None:
            return (self.out_size,)
        if not input_shape or input_shape[-1] != self.in_size:
            raise ShapeError(f"{self!r} takes {self.in_size} features, got {input_shape}")
        return (*input_shape[:-1], self.out_size)

    def export(self, graph: Graph, x: str) -> str:
        weight, bias = graph.constant(self.weight), graph.constant(self.bias)
        if len(graph.features(x)) == 1:
            return graph.add("Gemm", x, weight, bias, transB=1)
        turned = graph.add("Transpose", weight, perm=[1, 0])
        return graph.add("Add", graph.add("MatMul", x, turned), bias)

    def _rows(self, x: Tensor, features: int) -> Tensor:
        """`(*replicas, rows, features)`: any axes between batch and features join the batch."""
        replicas, shape = self.replicas, x.shape
        axes = len(shape) - len(replicas)
        if axes < 2 or shape[-1] != features or (replicas and shape[0] != replicas[0]):
            raise ShapeError(
                f"{self.described} for replicas {replicas} takes {features} features, "
                f"as (*replicas, batch, …, {features}); it got {tuple(shape)}"
            )
        return x if axes == 2 else x.flatten(len(replicas), -2)

    def _expect_alike(self, tensor: Tensor) -> None:
        weight = self.weight.value
        for own, other in ((weight.dtype, tensor.dtype), (weight.device, tensor.device)):
            if own != other:
                raise ArgumentError(
                    f"{self.described} has weights of {own} and got a tensor of {other}; "
                    f"convert it with to({own})"
                )
