"""Numbers: a model of parameters alone, and its training by gradients set by hand."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coreframe.interfaces.example import Example
from coreframe.interfaces.initializer import Normal
from coreframe.interfaces.module import Module
from coreframe.interfaces.parameter import Parameter
from coreframe.testing.subjects import optimizer_of

__all__ = ["Numbers", "Training", "draw_gradients"]

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


class Training:
    """A model of numbers with its optimizer, stepped with gradients of its seeds."""

    def __init__(
        self,
        example: Example,
        seed: int,
        dtype: torch.dtype = torch.float64,
        *,
        replicas: int = 0,
        shapes: Sequence[Sequence[int]] = (),
    ) -> None:
        self.seeds = [seed + r for r in range(max(1, replicas))]
        self.model: Module = Numbers(*shapes)
        if replicas:
            self.model.initialize(seeds=self.seeds, dtype=dtype)
        else:
            self.model.initialize(seed=seed, dtype=dtype)
        self.optimizer = optimizer_of(example, self.model)
        self.taken = 0

    def step(self, count: int = 1, active: Tensor | None = None) -> None:
        for _ in range(count):
            draw_gradients(self.model, self.seeds, self.taken)
            self.optimizer.step(active)
            self.taken += 1

    def select(self, chosen: Sequence[int]) -> None:
        self.model.select(chosen)
        self.optimizer.select(chosen)
        self.seeds = [self.seeds[index] for index in chosen]

    def state(self) -> dict[str, Tensor]:
        return self.model.state() | self.optimizer.state()
