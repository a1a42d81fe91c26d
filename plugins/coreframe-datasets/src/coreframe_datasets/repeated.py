"""repeated_rows: which rows of a table are there more than once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

__all__ = ["repeated_among", "repeated_rows", "row_marks"]

FACTOR = 6364136223846793005  # odd, so that no bit is lost; the one of Knuth's MMIX
ROWS = 16_384  # that are compared together


def repeated_rows(x: Tensor) -> Tensor:
    """Which rows are there more than once, of numbers that are not NaN."""
    return repeated_among(row_marks(len(x), x.unbind(-1)), lambda rows: x[rows])


def row_marks(rows: int, columns: Iterable[Tensor]) -> Tensor:
    """A number for each row, int64, made of all its bits, equal for equal rows."""
    marks = torch.zeros(rows, dtype=torch.int64)
    for column in columns:
        bits = (column.double() + 0.0).view(torch.int64)  # -0.0 is 0.0
        marks.mul_(FACTOR).add_(bits ^ (bits >> 32))
    return marks


def repeated_among(marks: Tensor, rows_at: Callable[[Tensor], Tensor]) -> Tensor:
    """Which rows are there more than once, by their marks and, where these are equal, themselves.

    Args:
        marks: of all rows, as `row_marks` makes them.
        rows_at: gives the rows of some indices; asked for a few at a time, and only for those
            whose mark another has.
    """
    repeated = torch.zeros(len(marks), dtype=torch.bool)
    ordered, order = marks.sort(stable=True)
    same = ordered[1:] == ordered[:-1]
    differing = []
    for positions in torch.split(same.nonzero().squeeze(-1), ROWS):
        one, other = order[positions], order[positions + 1]
        equal = (rows_at(one) == rows_at(other)).all(-1)
        repeated[one[equal]] = True
        repeated[other[equal]] = True
        differing.append(ordered[positions[~equal]])
    # Different rows of one mark: equal ones need not be neighbours there.
    for mark in set(torch.cat(differing).tolist()) if differing else ():
        alike = (marks == mark).nonzero().squeeze(-1)
        _, row_of, count = torch.unique(
            rows_at(alike), dim=0, return_inverse=True, return_counts=True
        )
        repeated[alike] = count[row_of] > 1
    return repeated
