"""Layers that are wrong for some tensors or some replicas only, or borrow from autograd."""

from __future__ import annotations

from typing import Any

import torch
from planting import fault
from sound_layers import (
    Affine,
    BatchCentred,
    Centred,
    Softened,
    Squash,
    Windows,
)
from torch import Tensor

from coreframe import (
    Example,
    Module,
    Shape,
    ShapeError,
)

# ---- precision, shapes, places in memory ----


@fault("module.dtype", "float32")
class SinglePrecision(Squash):
    """float64 becomes float32 without a word"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float())


@fault("module.gradient", "x[")
class SingleInside(Squash):
    """computes in float32 and hands back float64"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float().to(x.dtype))


@fault("module.extremes", "y is NaN")
class NoShift(Softened):
    """exp overflows: softmax without subtracting the maximum"""

    def forward(self, x: Tensor) -> Tensor:
        powers = x.exp()
        self.save(powers / powers.sum(-1, keepdim=True))
        return powers / powers.sum(-1, keepdim=True)


@fault("module.extremes", "y is NaN")
class MaximumOfBatch(Softened):
    """softmax subtracts the maximum of the whole batch, and small samples underflow to 0/0"""

    def forward(self, x: Tensor) -> Tensor:
        axes = (-1, -2)
        powers = (x - x.amax(axes, keepdim=True)).exp()
        self.save(powers / powers.sum(-1, keepdim=True))
        return powers / powers.sum(-1, keepdim=True)


@fault("module.gradient", "x[")
class MaximumOverBatch(Softened):
    """softmax subtracts each feature's maximum over the batch, which is no shift of a sample"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x - x.amax(-2, keepdim=True))


@fault("module.known", "y")
class BaseTwo(Softened):
    """powers of two instead of e, with a backward that agrees"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x * 0.6931471805599453)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput) * 0.6931471805599453


@fault("module.layout", "memory")
class AssumesContiguous(Squash):
    """reads the input's memory in order, wherever its elements lie"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(torch.as_strided(x, x.shape, torch.empty(x.shape).stride()))


@fault("module.elementwise", "declared elementwise")
class DeclaresAlone(Softened):
    """softmax is declared elementwise, though each number depends on its whole row"""

    elementwise = True


@fault("module.elementwise", "declared elementwise")
class CentresBatch(Squash):
    """declared elementwise, and each number depends on the others of its batch"""

    elementwise = True

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x - x.mean(-2, keepdim=True))


@fault("module.empty-batch", "raised")
class NoEmptyBatch(Squash):
    """an empty batch raises an error of torch's"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x + 0 * x.amax())


@fault("module.output-shape", "output_shape")
class WrongOutputShape(Windows):
    """output_shape counts one window too many"""

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return None if input_shape is None else (*input_shape[:-1], input_shape[-1] - self.size + 2)


@fault("module.device", "meta")
class OnTheProcessor(Centred):
    """a constant is made on the CPU, wherever the inputs are"""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        share = torch.ones(x.shape[-1], 1, dtype=x.dtype) / x.shape[-1]
        return x - x @ share


@fault("module.inference-mode", "outside of inference mode")
class QuickInInference(Squash):
    """inference mode chooses a polynomial that is quick and not quite right"""

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_inference_mode_enabled():
            y = x.clamp(-3, 3)
            return super().forward(x) * 0 + y * (27 + y * y) / (27 + 9 * y * y)
        return super().forward(x)


@fault("module.misfits", "were taken by forward")
class TakesAnyWidth(Affine):
    """features beyond those it was made for are left out without a word"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x[..., : self.in_size])

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is not None and input_shape[-1] != self.in_size:
            raise ShapeError(f"{self!r} takes {self.in_size} features, got {input_shape}")
        return (self.out_size,)


# ---- replicas ----


@fault("module.population", "x")
class WrongForReplicas(Squash):
    """only a population's gradients are wrong"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput) * (0.99 if self.replicas else 1.0)


@fault("module.population", "bias")
class BiasOfAllReplicas(Affine):
    """the bias gradient of all replicas is summed into each"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x)
        total = dy.sum(-2)
        self.bias.grad.add_(total.sum(0) if self.replicas else total)
        return dy @ self.weight.value


@fault("module.population", "replica")
class ReplicasForBatch(Squash):
    """the replica axis is taken for the batch where there are as many of both"""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return y.transpose(0, 1) if self.replicas and y.shape[0] == y.shape[1] else y


@fault("module.population", "mean[")
class StatisticsOfAll(BatchCentred):
    """the running mean is that of all replicas"""

    def follow(self, mean: Tensor, share: Tensor) -> None:
        super().follow(mean.mean(0).expand(mean.shape) if self.replicas else mean, share)


# ---- autograd ----


@fault("module.operators", "tanh_backward")
class BorrowedBackward(Squash):
    """backward calls the operator that autograd has for it"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        dx: Tensor = torch.ops.aten.tanh_backward(dy, y)
        return dx


@fault("module.operators", "")
class Autograd(Module):
    """backward lets autograd do it"""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (3,))]

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x.tanh()

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        with torch.inference_mode(False), torch.enable_grad():
            own = x.clone().requires_grad_()
            (dx,) = torch.autograd.grad(own.tanh(), own, dy.clone())
        return dx
