"""quantile_boundaries: bins with as many samples each."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import ArgumentError, ShapeError, whole_number

__all__ = ["quantile_boundaries"]

TABLE = 2  # axes


def quantile_boundaries(x: Tensor, bins: int) -> list[list[float]]:
    """The boundaries of each column's bins, such that each holds as many samples.

    b_t is the t / bins quantile. Quantiles that coincide, as in a column of few values, are one
    boundary, so such a column has fewer bins.

    Args:
        x: the training samples, `(samples, columns)`; not the test samples, which are to be unseen.
        bins: how many at most.

    Returns:
        What `PiecewiseLinearEmbedding` takes.

    Raises:
        ShapeError: if x is no table of at least one sample.
        ArgumentError: for bins that are no positive integer, numbers that are not finite, or a
            column that has the same value everywhere, which tells nothing and is to be left out.
    """
    bins = whole_number("quantile_boundaries: bins", bins)
    if x.dim() != TABLE or not x.numel():
        raise ShapeError(f"quantile_boundaries takes (samples, columns), got {tuple(x.shape)}")
    if not bool(x.isfinite().all()):
        row, column = x.isfinite().logical_not().nonzero()[0].tolist()
        raise ArgumentError(f"quantile_boundaries: row {row}, column {column} is not finite")
    shares = torch.linspace(0, 1, bins + 1, dtype=torch.float64, device=x.device)
    found: list[list[float]] = []
    for column, numbers in enumerate(x.double().T):
        edges = numbers.quantile(shares).unique().tolist()
        if len(edges) == 1:
            raise ArgumentError(
                f"quantile_boundaries: column {column} is {edges[0]:g} everywhere; leave it out"
            )
        found.append(edges)
    return found
