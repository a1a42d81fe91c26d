"""Variant: one reading of what the report leaves open about its network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from coreframe_ee559.report import ACTIVATIONS

__all__ = ["READINGS", "VARIANTS", "Variant"]

UNITS = 25
READINGS = ((3, False), (3, True), (1, False), (1, True))
"""Hidden layers, and whether the inputs are standardized."""


@dataclass(frozen=True)
class Variant:
    """A network of the study: its activation, its depth, and what it is fed.

    Attributes:
        activation: the name of its activation function.
        hidden_layers: how many layers of 25 units.
        standardize: whether the inputs have mean 0 and standard deviation 1.
    """

    activation: str
    hidden_layers: int
    standardize: bool

    @property
    def reading(self) -> str:
        """`three hidden layers, raw inputs`."""
        layers = {1: "one hidden layer", 3: "three hidden layers"}[self.hidden_layers]
        return f"{layers}, {'standardized' if self.standardize else 'raw'} inputs"

    def specs(self, gain: float | Sequence[float]) -> list[str]:
        """The network's layers: 2-25-…-25-2."""
        sizes = [2, *[UNITS] * self.hidden_layers, 2]
        factor = gain if isinstance(gain, int | float) else list(gain)
        specs: list[str] = []
        for in_size, out_size in pairwise(sizes):
            specs += [f"Linear({in_size}, {out_size}, gain={factor})", self.activation]
        return specs[:-1]

    def data(self, samples: int) -> str:
        """The spec of its dataset."""
        return f"Disc(samples={samples}, standardize={self.standardize})"


VARIANTS = tuple(Variant(name, *reading) for reading in READINGS for name in ACTIVATIONS)
