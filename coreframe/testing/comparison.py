"""Comparison: two tensors that must agree, and where they do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from coreframe.errors import CheckFailed
from coreframe.testing.measure import Measure

__all__ = ["Difference", "expect_equal", "find_difference", "place"]


class Difference(NamedTuple):
    """The largest difference of two tensors.

    Attributes:
        figure: relative to the largest number wanted (or to 1 where all are smaller); infinite
            where shapes, dtypes or infinities differ.
        text: where it is: `weight[1, 0] is 0.3, not 0.4`.
    """

    figure: float
    text: str


def find_difference(name: str, got: Tensor, wanted: Tensor) -> Difference:
    """Say where two tensors differ most; NaN counts as equal to NaN, and infinity to its like."""
    if got.shape != wanted.shape:
        return Difference(
            float("inf"), f"{name} has shape {tuple(got.shape)}, not {tuple(wanted.shape)}"
        )
    if got.dtype != wanted.dtype:
        return Difference(float("inf"), f"{name} has dtype {got.dtype}, not {wanted.dtype}")
    equal = (got == wanted) | (got.isnan() & wanted.isnan())
    if bool(equal.all()):
        return Difference(0.0, "")
    gap = (got.double() - wanted.double()).abs().masked_fill(equal, 0.0)
    gap = gap.nan_to_num(nan=float("inf"), posinf=float("inf"))
    finite = wanted.double().nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
    flat = int(gap.argmax())
    return Difference(
        float(gap.max()) / max(1.0, float(finite.abs().max())),
        f"{place(name, flat, got)} is {got.flatten()[flat].item():.9g}, "
        f"not {wanted.flatten()[flat].item():.9g}",
    )


def place(name: str, flat: int, tensor: Tensor) -> str:
    """The name of one element: `weight[1, 0]`."""
    index: list[int] = []
    for size in reversed(tensor.shape):
        flat, along = divmod(flat, size)
        index.insert(0, along)
    return f"{name}[{', '.join(map(str, index))}]"


def expect_equal(
    owner: object,
    got: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    reason: str,
    bound: float = 0.0,
) -> Measure:
    """Raise `CheckFailed` unless the named tensors agree; a bound of zero asks for equal bits."""
    worst = 0.0
    for name, tensor in wanted.items():
        difference = find_difference(name, got[name], tensor)
        if not difference.figure <= bound:
            raise CheckFailed(f"{owner!r}: {difference.text}: {reason}")
        worst = max(worst, difference.figure)
    return Measure(worst, bound)
