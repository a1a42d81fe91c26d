"""The step of every adaptive optimizer: w ← w − η x / y."""

from __future__ import annotations

from torch import Tensor

__all__ = ["subtract_quotient"]


def subtract_quotient(value: Tensor, rate: float | Tensor, x: Tensor, y: Tensor) -> None:
    """value ← value − rate · x / y, the rate being a number or a flat tensor.

    Either way (rate · x) is divided by y, so that the result is the same bit for bit.
    """
    if isinstance(rate, Tensor):
        value.addcdiv_(rate * x, y, value=-1)
    else:
        value.addcdiv_(x, y, value=-rate)
