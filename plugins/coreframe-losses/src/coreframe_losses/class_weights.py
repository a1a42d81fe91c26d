"""ClassWeights: a number for each class, by which its part of a loss is multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from numbers import Real

import torch
from torch import Tensor

from coreframe import ArgumentError, Loss, ShapeError

__all__ = ["ClassWeights"]


class ClassWeights:
    """The weights of the classes, as a tensor like the outputs.

    Args:
        numbers: one for each class, none of them negative.

    Raises:
        ArgumentError: if they are not a list of numbers, or all are zero.
    """

    def __init__(self, numbers: Sequence[float]) -> None:
        if not isinstance(numbers, list | tuple) or not all(map(_is_weight, numbers)):
            raise ArgumentError(
                "class_weights must be a list of finite numbers, one for each class and none of "
                f"them negative, got {numbers!r}"
            )
        if not any(numbers):
            raise ArgumentError(f"class_weights must not all be zero, got {numbers!r}")
        self._exact = torch.tensor([float(number) for number in numbers], dtype=torch.float64)
        self._latest = self._exact

    def like(self, output: Tensor, loss: Loss) -> Tensor:
        """`(classes,)`, of the dtype and on the device of the outputs.

        Raises:
            ShapeError: if the outputs have another number of classes.
        """
        if output.shape[-1:] != self._exact.shape:
            raise ShapeError(
                f"{loss!r} has {self._exact.numel()} class weights for outputs "
                f"{tuple(output.shape)} of {output.shape[-1]} classes"
            )
        latest = self._latest
        if latest.dtype != output.dtype or latest.device != output.device:
            # Kept, since a copy to an accelerator at each step would wait for it.
            self._latest = latest = self._exact.to(output)
        return latest


def _is_weight(number: object) -> bool:
    if not isinstance(number, Real) or isinstance(number, bool):
        return False
    return isfinite(number) and float(number) >= 0
