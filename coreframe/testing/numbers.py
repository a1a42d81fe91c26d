"""Numbers: a model of parameters alone, for checks of optimizers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coreframe.interfaces.initializer import Normal
from coreframe.interfaces.module import Module
from coreframe.interfaces.parameter import Parameter

__all__ = ["Numbers", "draw_gradients"]

SHAPES = ((3,), (2, 3), (), (1, 17))  # unlike each other, and none fills its memory to the end


class Numbers(Module):
    """Parameters of these shapes, drawn as unit normals; they depend on no input."""

    def __init__(self, *shapes: Sequence[int]) -> None:
        self.numbers = [Parameter(shape, Normal(1.0)) for shape in shapes or SHAPES]

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        return x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy


def draw_gradients(model: Module, seeds: Sequence[int], step: int) -> None:
    """Fill the gradients with unit normals; replica r gets what a lone model of seeds[r] gets."""
    for number, parameter in enumerate(model.param()):
        drawn = [
            torch.randn(
                parameter.shape,
                generator=torch.Generator().manual_seed(1009 * seed + 31 * step + number),
                dtype=torch.float64,
            )
            for seed in seeds
        ]
        parameter.grad.copy_(torch.stack(drawn) if model.replicas else drawn[0])
