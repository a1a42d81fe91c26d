"""Small components of the core's own tests, which need no plugin to be installed.

Each is the simplest of its kind that still has something to get wrong. `TOYS` offers them by
name to a registry: `Registry([TOYS])`, or `get_registry().register(TOYS)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    ComponentRecord,
    Dataset,
    Example,
    Hyperparameter,
    Loss,
    Module,
    Normal,
    Optimizer,
    Parameter,
    Setting,
    Shape,
    ShapeError,
    Slab,
    TensorSplit,
    add_scaled,
    hookimpl,
    xavier_normal,
)
from coreframe.interfaces.component import Component
from coreframe.registry.kinds import kind_of

__all__ = ["TOYS", "Affine", "Descent", "Points", "Square", "SumOfSquares", "Toys"]


class Affine(Module):
    """y = x wᵀ + b, dx = dy w, dw = dyᵀ x, db = Σ_batch dy.

    Shapes: x (*, in_size) → y (*, out_size), with nothing between batch and features.
    """

    replica_settings = ("gain",)

    def __init__(self, in_size: int, out_size: int, *, gain: Setting = 1.0) -> None:
        if in_size < 1 or out_size < 1:
            raise ArgumentError(f"Affine: sizes must be positive, got {in_size} and {out_size}")
        self.in_size, self.out_size = in_size, out_size
        self.weight = Parameter((out_size, in_size), xavier_normal(in_size, out_size, gain))
        self.bias = Parameter((out_size,), Normal(0.1))

    def forward(self, x: Tensor) -> Tensor:
        self.output_shape(tuple(x.shape[-1:]))
        self.save(x)
        return x @ self.weight.value.mT + self.bias.value.unsqueeze(-2)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x)
        self.bias.grad.add_(dy.sum(-2))
        return dy @ self.weight.value

    def output_shape(self, input_shape: Shape | None) -> Shape:
        if input_shape is not None and input_shape[-1:] != (self.in_size,):
            raise ShapeError(f"{self!r} takes {self.in_size} features, got {input_shape}")
        return (self.out_size,)


class Square(Module):
    """y = x², dx = 2 x dy."""

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x * x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        return 2 * x * dy

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape


class SumOfSquares(Loss):
    """ℓ = Σᵢ wᵢ (predᵢ − actualᵢ)², dpred = 2 w (pred − actual); a sum, so not like a mean."""

    reduction: ClassVar[Literal["mean", "sum"]] = "sum"

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), shape, shape) for shape in ((2,), (2, 3))]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        self.expect_same_shape(pred, actual)
        difference = pred - actual
        share = self.counted(difference, weight)
        self.save(difference, share)
        return self.weighted_sum(difference.square(), share)

    def counted(self, elements: Tensor, weight: Tensor | None) -> Tensor | float:
        """What each element counts."""
        if weight is None:
            return 1.0
        if weight.shape != elements.shape[: len(self.replicas) + 1]:
            raise ShapeError(f"{self!r} got weights {tuple(weight.shape)}")
        shape = (*weight.shape, *[1] * (elements.dim() - weight.dim()))
        return weight.to(elements.dtype).reshape(shape)

    def backward(self) -> Tensor:
        difference, share = self.saved()
        gradient: Tensor = difference * (2 * share)
        return gradient

    def predict(self, output: Tensor) -> Tensor:
        return output.argmax(-1)

    def classes(self, actual: Tensor) -> Tensor:
        return actual.argmax(-1)


class Descent(Optimizer):
    """v ← μ v + g, w ← w − η v."""

    momentum = Hyperparameter(below=1.0)
    state_names = ("velocity",)

    def __init__(self, model: Module, lr: Setting, *, momentum: Setting = 0.0) -> None:
        super().__init__(model)
        self.lr = lr
        self.momentum = momentum

    def update(self, slab: Slab) -> None:
        v = slab.state["velocity"]
        add_scaled(slab.grad, slab.settings["momentum"], v, out=v)
        add_scaled(slab.value, slab.settings["lr"], v, sign=-1, out=slab.value)


class Points(Dataset):
    """Points of the plane, in two classes: right of the line x₀ = 0, or not; one-hot targets.

    Args:
        samples: points in each split.
        seed: one for data that all replicas share, several for one data set a replica.
    """

    def __init__(self, samples: int = 32, *, seed: int | Sequence[int] = 0) -> None:
        self.train, self.test = (_draw(samples, seed, offset) for offset in (0, 1))


def _draw(samples: int, seed: int | Sequence[int], offset: int) -> TensorSplit:
    seeds = [seed] if isinstance(seed, int) else list(seed)
    points = torch.stack(
        [
            torch.randn(samples, 2, generator=torch.Generator().manual_seed(2 * number + offset))
            for number in seeds
        ]
    )
    right = (points[..., 0] > 0).long()
    targets = torch.eye(2)[right]
    if isinstance(seed, int):
        return TensorSplit(points[0], targets[0])
    return TensorSplit(points, targets, (len(seeds),))


class Toys:
    """Offers small components to a registry, under a distribution of their own."""

    def __init__(self, distribution: str, *components: type[Component]) -> None:
        self.distribution, self.components = distribution, components

    @hookimpl
    def coreframe_components(self) -> Iterable[ComponentRecord]:
        for cls in self.components:
            target = f"{cls.__module__}:{cls.__name__}"
            yield ComponentRecord(kind_of(cls), cls.__name__, self.distribution, "1.0", target)


TOYS = Toys("coreframe-toys", Affine, Square, SumOfSquares, Descent, Points)
