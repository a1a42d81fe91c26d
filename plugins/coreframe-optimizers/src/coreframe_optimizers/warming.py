"""Warming: how the momentum of NAdam rises to its final value."""

from __future__ import annotations

import math

__all__ = ["Warming"]

BASE = 0.96


class Warming:
    """The shares 1 − 0.96^(t ψ) / 2 of the momentum at step t, and their products.

    Products are a function of t, and so need no saving; those found are kept.
    """

    def __init__(self) -> None:
        self._products: dict[float, list[float]] = {}

    def share(self, step: float, decay: float) -> float:
        """The share at a step."""
        return 1 - math.pow(BASE, step * decay) / 2

    def product(self, step: float, decay: float) -> float:
        """The product of the shares at steps 1 to `step`."""
        found = self._products.setdefault(decay, [1.0])
        while len(found) <= step:
            product = found[-1] * self.share(len(found), decay)
            if product == found[-1]:  # 0, or all shares from here on are 1
                return product
            found.append(product)
        return found[int(step)]
