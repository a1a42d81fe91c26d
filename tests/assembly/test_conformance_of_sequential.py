"""Sequential: every check of the kit, on chains of the base plugins' layers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coreframe.testing import parametrize_with_checks

for plugin in ("linear", "activations"):
    pytest.importorskip(f"coreframe_{plugin}")


@parametrize_with_checks(["Sequential"], version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
