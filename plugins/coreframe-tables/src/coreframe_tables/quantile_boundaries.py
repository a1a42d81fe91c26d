"""quantile_boundaries: bins with as many samples each."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import ArgumentError, ShapeError, whole_number

__all__ = ["quantile_boundaries"]

TABLE = 2  # axes


def quantile_boundaries(x: Tensor, bins: int) -> list[list[float]]:
    """The boundaries of each column's bins, such that each holds about as many samples.

    b_t is the t / bins quantile, linear between samples. Quantiles that coincide, as in a column of few values, are one
    boundary, so such a column has fewer bins.

    Args:
        x: the training samples, `(samples, columns)`; not the test samples, which are to be unseen.
        bins: how many at most.

    Returns:
        What `PiecewiseLinearEmbedding` takes.

    Raises:
        ShapeError: if x is no table of at least one sample.
        ArgumentError: for what is no tensor, bins that are no positive integer, numbers that are not finite, or a
            column that has the same value everywhere, which tells nothing and is to be left out.
    """
    bins = whole_number("quantile_boundaries: bins", bins)
    if not isinstance(x, Tensor) or x.is_complex():
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ArgumentError(f"quantile_boundaries takes a tensor of real numbers, got {kind}")
    if x.dim() != TABLE or not x.numel():
        raise ShapeError(f"quantile_boundaries takes (samples, columns), got {tuple(x.shape)}")
    if not bool(x.isfinite().all()):
        row, column = x.isfinite().logical_not().nonzero()[0].tolist()
        raise ArgumentError(f"quantile_boundaries: row {row}, column {column} is not finite")
    # Sorted here, since torch.quantile takes 16 million numbers at most.
    places = torch.linspace(0, len(x) - 1, bins + 1, dtype=torch.float64, device=x.device)
    below, above = places.floor().long(), places.ceil().long()
    found: list[list[float]] = []
    for column, numbers in enumerate(x.T):
        rising = numbers.sort().values
        low, high = rising[below].double(), rising[above].double()
        edges = sorted({*torch.lerp(low, high, places - below).tolist()})
        if len(edges) == 1:
            raise ArgumentError(
                f"quantile_boundaries: column {column} is {edges[0]:g} everywhere; leave it out"
            )
        found.append(edges)
    return found
