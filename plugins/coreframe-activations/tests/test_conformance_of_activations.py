"""Every activation function: every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

import coreframe_activations
from coreframe.testing import parametrize_with_checks


@parametrize_with_checks(coreframe_activations.__all__, version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
