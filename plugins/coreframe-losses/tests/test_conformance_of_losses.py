"""Every loss: every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

import coreframe_losses
from coreframe.testing import parametrize_with_checks


@parametrize_with_checks(sorted(coreframe_losses.__all__), version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
