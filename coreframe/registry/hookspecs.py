"""The hooks that a plugin may implement, beyond offering components by entry points."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from coreframe.registry.record import ComponentRecord

__all__ = ["PROJECT", "ComponentSource", "hookimpl"]

PROJECT = "coreframe"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class ComponentSource:
    """A plugin that knows of components."""

    @hookspec
    def coreframe_components(self) -> Iterable[ComponentRecord]:
        """Records of the components it knows of, found without importing any of them."""
        raise NotImplementedError  # a specification: pluggy reads the signature only
