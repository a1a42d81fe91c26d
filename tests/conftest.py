"""What the core's own tests share."""

from collections.abc import Iterator

import pytest
from coreframe_toys import TOYS

from coreframe import Registry, get_registry, reset_registry


@pytest.fixture
def toys() -> Iterator[Registry]:
    """The small components by name, in the registry that `create` and `assemble` use."""
    reset_registry()
    registry = get_registry()
    registry.register(TOYS)
    yield registry
    reset_registry()
