"""GELU: the Gaussian error linear unit."""

from __future__ import annotations

from math import pi, sqrt
from typing import Literal

from torch import Tensor

from coreframe import ArgumentError, Example, Graph
from coreframe_activations.elementwise import Elementwise

__all__ = ["GELU"]

CUBE = 0.044715
FLAT = 30.0  # where the approximation has reached 0 or 1, also in double precision


class GELU(Elementwise):
    """Gaussian error linear unit, elementwise.

    y = x Φ(x),  dx = dy · (Φ(x) + x φ(x))

    Φ and φ are the distribution and the density of the unit normal. With `approximate="tanh"`,
    Φ is replaced by s(x) = ½ (1 + tanh u) = σ(2u) with u = √(2/π) (x + 0.044715 x³), and φ by
    s′ = s (1 − s) · 2u′ with u′ = √(2/π) (1 + 0.134145 x²).

    Shapes: x (*, features) → y (*, features).
    Source: Hendrycks and Gimpel 2016, Gaussian error linear units.

    Args:
        approximate: "none" or "tanh".

    Raises:
        ArgumentError: for any other approximation.
    """

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ArgumentError(f"GELU: approximate must be 'none' or 'tanh', got {approximate!r}")
        self.approximate = approximate

    @classmethod
    def examples(cls) -> list[Example]:
        exact = [([[-1.0, 0.0, 2.0]], [[-0.158655254, 0.0, 1.95449974]])]
        near = [([[-1.0, 0.0, 2.0]], [[-0.158808009, 0.0, 1.95459769]])]
        return [
            Example(cls(), (3,), known=exact),
            Example(cls(approximate="tanh"), (3,), known=near),
            Example(cls(), (2, 5)),
            Example(cls(approximate="tanh"), ()),
        ]

    def function(self, x: Tensor) -> Tensor:
        return (_near(x) if self.approximate == "tanh" else _distribution(x)).mul_(x)

    def slope(self, kept: Tensor) -> Tensor:
        return _slope_of_near(kept) if self.approximate == "tanh" else _slope(kept)

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Gelu", x, approximate=self.approximate)


def _distribution(x: Tensor) -> Tensor:
    """Φ(x) = ½ (1 + erf(x / √2))."""
    return (x * sqrt(0.5)).erf_().add_(1).mul_(0.5)


def _slope(x: Tensor) -> Tensor:
    """Φ(x) + x φ(x), with φ(x) = e^(−x²/2) / √(2π)."""
    density = x.square().mul_(-0.5).exp_().mul_(1 / sqrt(2 * pi))
    return _distribution(x).add_(density.mul_(x))


def _near(x: Tensor) -> Tensor:
    """s(x); a sigmoid takes a fraction of the time of a tanh."""
    return x.square().mul_(CUBE).add_(1).mul_(x).mul_(2 * sqrt(2 / pi)).sigmoid_()


def _slope_of_near(x: Tensor) -> Tensor:
    """s + x s′ = s (1 + (1 − s) · x · 2u′)."""
    x = x.clamp(-FLAT, FLAT)  # beyond, x² would overflow against a 1 − s of zero
    s = _near(x)
    twice = x.square().mul_(3 * CUBE).add_(1).mul_(x).mul_(2 * sqrt(2 / pi))
    return (1 - s).mul_(twice).add_(1).mul_(s)
