"""The containers: every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

from coreframe.testing import parametrize_with_checks

NAMES = [
    *("Concatenate", "Flatten", "Identity", "Parallel", "Repeat"),
    *("Reshape", "Residual", "Scale", "Sum"),
]


@parametrize_with_checks(NAMES, version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
