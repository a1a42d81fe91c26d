"""Sound layers, for faults to be planted in: one each of the ways a layer can be built."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Buffer,
    Example,
    Module,
    Normal,
    Parameter,
    Sample,
    Shape,
    xavier_normal,
)


class Affine(Module):
    """y = x wᵀ + b."""

    def __init__(self, in_size: int, out_size: int) -> None:
        self.in_size, self.out_size = in_size, out_size
        self.weight = Parameter((out_size, in_size), xavier_normal(in_size, out_size))
        self.bias = Parameter((out_size,), Normal(0.1))

    @classmethod
    def examples(cls) -> list[Example]:
        deviations = {"weight": (2 / 7) ** 0.5, "bias": 0.1}
        return [Example(cls(4, 3), (4,), deviations=deviations), Example(cls(3, 3), (3,))]

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x @ self.weight.value.mT + self.bias.value.unsqueeze(-2)

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x)
        self.bias.grad.add_(dy.sum(-2))
        return dy @ self.weight.value

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return (self.out_size,)


class Squash(Module):
    """y = tanh x, dx = dy (1 − y²)."""

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[0.0, 0.5493061443340548]], [[0.0, 0.5]])]
        return [Example(cls(), (4,), known=known), Example(cls(), (2, 3))]

    def forward(self, x: Tensor) -> Tensor:
        y = x.tanh()
        self.save(y)
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        dx: Tensor = dy * (1 - y * y)
        return dx

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape


class Softened(Module):
    """y = exp(x) / Σ exp(x) over the last axis; dx = y (dy − Σ y dy)."""

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[0.0, 1.0986122886681098], [0.0, 0.0]], [[0.25, 0.75], [0.5, 0.5]])]
        return [Example(cls(), (4,), known=known), Example(cls(), (3, 2))]

    def forward(self, x: Tensor) -> Tensor:
        powers = (x - x.amax(-1, keepdim=True)).exp()
        y = powers / powers.sum(-1, keepdim=True)
        self.save(y)
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        dx: Tensor = y * (dy - (y * dy).sum(-1, keepdim=True))
        return dx


class Centred(Module):
    """y = x − mean of the features; dx = dy − mean dy."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (4,), known=[([[1.0, 2.0, 6.0]], [[-2.0, -1.0, 3.0]])])]

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        return x - x.mean(-1, keepdim=True)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy - dy.mean(-1, keepdim=True)


class Windows(Module):
    """yᵢ = mean of xᵢ … xᵢ₊ₖ₋₁."""

    def __init__(self, size: int) -> None:
        self.size = size

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[1.0, 2.0, 6.0]], [[1.5, 4.0]])]
        return [Example(cls(2), (5,), known=known), Example(cls(3), (6,))]

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x.unfold(-1, self.size, 1).mean(-1)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        dx = torch.zeros_like(x)
        for offset in range(self.size):
            dx.narrow(-1, offset, dy.shape[-1]).add_(dy / self.size)
        return dx


class Largest(Module):
    """yᵢ = the largest of each pair of features; its gradient goes to the first of them."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (6,), known=[([[1.0, 2.0, 6.0, -1.0]], [[2.0, 6.0]])])]

    def forward(self, x: Tensor) -> Tensor:
        y, which = x.reshape(*x.shape[:-1], x.shape[-1] // 2, 2).max(-1, keepdim=True)
        self.save(which)
        return y.squeeze(-1)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (which,) = self.saved()
        dx = dy.new_zeros((*dy.shape, 2)).scatter_(-1, which, dy.unsqueeze(-1))
        return dx.flatten(-2)


class Lookup(Module):
    """y = the rows of a table that the indices name; the indices have no gradient."""

    def __init__(self, rows: int, size: int) -> None:
        self.rows, self.size = rows, size
        self.table = Parameter((rows, size), Normal(1.0))

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(4, 3), Sample((), "indices", 4)),
            Example(cls(2, 2), Sample((3,), "indices", 2)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return self.table.value[self._places(x)]

    def backward(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.table.grad.index_put_(self._places(x), dy, accumulate=True)

    def _places(self, x: Tensor) -> tuple[Tensor, ...]:
        if not self.replicas:
            return (x,)
        replicas = torch.arange(self.replicas[0], device=x.device)
        return (replicas.reshape(-1, *[1] * (x.dim() - 1)).expand(x.shape), x)


class Dropping(Module):
    """y = x · [u ≥ p] / (1 − p) while training, u uniform from the noise stream."""

    differs_in_evaluation = True

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p < 1:
            raise ArgumentError(f"Dropping: p must be in [0, 1), got {p}")
        self.p = p

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (4,), known=[([[1.0, -2.0]], [[1.0, -2.0]])])]

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        kept = (self.noise(x) >= self.p).to(x) / (1 - self.p)
        self.save(kept)
        return x * kept

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (kept,) = self.saved()
        dx: Tensor = dy * kept
        return dx


class BatchCentred(Module):
    """y = g (x − mean of the batch) while training, less its running mean in evaluation."""

    differs_in_evaluation = True

    def __init__(self, size: int) -> None:
        self.size = size
        self.gain = Parameter((size,), Normal(1.0))
        self.mean = Buffer((size,), dtype=torch.float64)

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(3), (3,))]

    def forward(self, x: Tensor) -> Tensor:
        gain = self.gain.value.unsqueeze(-2)
        if not self.training:
            return gain * (x - self.mean.value.to(x).unsqueeze(-2))
        share = self.share_of_each(x)
        mean = (share * x).sum(-2, keepdim=True)
        self.follow(mean.squeeze(-2), share)
        self.save(x - mean, share)
        return gain * (x - mean)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        centred, share = self.saved()
        self.gain.grad.add_((dy * centred).sum(-2))
        dx = dy * self.gain.value.unsqueeze(-2)
        return dx - share * dx.sum(-2, keepdim=True)

    def share_of_each(self, x: Tensor) -> Tensor:
        """What each sample counts in the mean, `(*replicas, batch, 1)`."""
        if self.padding is None:
            return x.new_full((*x.shape[:-1], 1), 1 / max(1, x.shape[-2]))
        weight = self.padding.weight.to(x).unsqueeze(-1)
        return weight / weight.sum(-2, keepdim=True).clamp(min=1)

    def follow(self, mean: Tensor, share: Tensor) -> None:
        """Move the running mean, where a replica has samples."""
        moved = 0.9 * self.mean.value + 0.1 * mean.double()
        self.mean.value = torch.where(share.sum(-2) > 0, moved, self.mean.value)


class Product(Module):
    """z = x y, of two inputs."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (3,), (3,), known=[(([[2.0]], [[3.0]]), [[6.0]])])]

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        self.save(x, y)
        return x * y

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor | None, ...]:
        (dz,) = gradwrtoutput
        x, y = self.saved()
        return dz * y, dz * x


class OneOf(Module):
    """Passes two inputs on, the first of them through a layer."""

    def __init__(self, layer: Module) -> None:
        self.layer = layer

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(Squash()), (3,), (2,))]

    def forward(self, x: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        y = self.layer.forward(x)
        self.save()
        return y, other

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor, Tensor]:
        dx, dother = gradwrtoutput
        self.saved()
        return self.layer.backward(dx), dother


class Shortcut(Module):
    """y = x + f(x)."""

    def __init__(self, layer: Module) -> None:
        self.layer = layer

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(Squash()), (3,)), Example(cls(Affine(2, 2)), (2,))]

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.layer.forward(x)
        self.save()
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        dx: Tensor = dy + self.layer.backward(dy)
        return dx
