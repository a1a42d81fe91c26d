"""What the tests of training share: components by name."""

import pytest
from coreframe_statistics import STATISTICS

from coreframe import Registry


@pytest.fixture(autouse=True)
def components(toys: Registry) -> None:
    """All small components by name."""
    toys.register(STATISTICS)
