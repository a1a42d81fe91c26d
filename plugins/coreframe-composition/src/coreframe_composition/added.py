"""added: a sum that changes none of its terms."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

__all__ = ["added"]


def added(terms: Iterable[Tensor | None]) -> Tensor | None:
    """The sum of the terms, one after the other; None, no gradient, counts as zero.

    A single term is its own sum, so what is given may be one of the terms.
    """
    total: Tensor | None = None
    own = False  # whether the total is a tensor made here; a term may be somebody's input
    for term in (term for term in terms if term is not None):
        if total is None:
            total = term
        elif own:
            total.add_(term)
        else:
            total, own = total + term, True
    return total
