"""Linear and PaddedLinear: every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

from coreframe.testing import parametrize_with_checks


@parametrize_with_checks(["Linear", "PaddedLinear"], version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
