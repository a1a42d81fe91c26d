"""The datasets, Standardize and FillMissing: every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

from coreframe.testing import parametrize_with_checks
from coreframe_datasets.fill_missing import FillMissing

NAMES = [
    *("Blobs", "BreastCancer", "Circles", "Digits", "Iris"),
    *("Moons", "Spirals", "Standardize", "Table", "Wine"),
]


@parametrize_with_checks([*NAMES, FillMissing], version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
