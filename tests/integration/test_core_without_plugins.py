"""The core's own tests pass where no plugin is installed: it needs none of them."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Environment


TESTS = Path(__file__).parents[1]
ROOMS = [
    "interfaces",
    "registry",
    "assembly",
    "training",
    "testing",
    "scaffold",
    "doctor",
    "cli",
]


@pytest.mark.long
def test_the_tests_of_the_core_pass_without_any_plugin(core_alone: "Environment") -> None:
    rooms = [str(TESTS / room) for room in ROOMS]
    options = ["-q", "-p", "no:cacheprovider", "-m", "not long"]
    result = core_alone.run("python", "-P", "-m", "pytest", *options, *rooms)
    assert result.returncode == 0, result.stdout[-8000:]
    assert " passed" in result.stdout
