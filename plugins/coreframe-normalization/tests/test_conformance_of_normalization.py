"""Every layer of normalization: every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

import coreframe_normalization
from coreframe.testing import parametrize_with_checks


@parametrize_with_checks(coreframe_normalization.__all__, version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
