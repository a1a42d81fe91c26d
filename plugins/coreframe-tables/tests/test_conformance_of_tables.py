"""Layers for tables: every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

from coreframe.testing import parametrize_with_checks

NAMES = [
    "BatchEnsemble",
    "CategoricalEmbedding",
    "MemberCopies",
    "MemberMean",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
]


@parametrize_with_checks(NAMES, version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
