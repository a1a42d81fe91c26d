"""Every layer of regularization: every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

import coreframe_regularization
from coreframe.testing import parametrize_with_checks


@parametrize_with_checks(coreframe_regularization.__all__, version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
