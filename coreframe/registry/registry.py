"""Registry: every component that is installed, by kind and name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import EntryPoint
from typing import Any

import pluggy

from coreframe.errors import ArgumentError, BrokenPlugin, UnknownComponent
from coreframe.registry.choice import choose
from coreframe.registry.conflicts import mark_conflicts
from coreframe.registry.entry_points import EntryPointSource
from coreframe.registry.hookspecs import PROJECT, ComponentSource
from coreframe.registry.kinds import KINDS
from coreframe.registry.offers import collect_offers
from coreframe.registry.record import ComponentRecord, normalize
from coreframe.registry.suggestions import article, suggest

__all__ = ["Registry", "build_registry", "get_registry", "reset_registry"]


class Registry:
    """Finds components by name and loads one alone, whatever else is installed.

    Args:
        plugins: sources of components; each implements `coreframe_components`.
    """

    def __init__(self, plugins: Sequence[object]) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(ComponentSource)
        self._records: list[ComponentRecord] | None = None
        self._faults: list[str] = []
        for plugin in plugins:
            self.register(plugin)

    def register(self, plugin: object) -> None:
        """Add a source of components.

        Raises:
            BrokenPlugin: if it implements a hook that does not exist, or with other arguments.
        """
        if self._manager.is_registered(plugin):
            return
        try:
            self._manager.register(plugin)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            if self._manager.is_registered(plugin):
                self._manager.unregister(plugin)
            cause = " ".join(str(error).split())
            raise BrokenPlugin(f"{plugin!r} does not fit coreframe's hooks: {cause}") from error
        self._records = None

    def components(self, kind: str | None = None) -> list[ComponentRecord]:
        """The records of one kind, or of all components, by kind and name; imports nothing.

        Raises:
            ArgumentError: for a kind that does not exist.
        """
        if kind is not None:
            _expect_kind(kind)
        order = list(KINDS)
        found = [r for r in self._all() if (r.kind == kind if kind else r.kind in KINDS)]
        return sorted(found, key=lambda r: (order.index(r.kind), r.name, r.distribution))

    def commands(self) -> list[ComponentRecord]:
        """The records of the commands that plugins bring, by name."""
        found = [r for r in self._all() if r.kind == "command"]
        return sorted(found, key=lambda r: (r.name, r.distribution))

    @property
    def faults(self) -> list[str]:
        """A sentence for each source of components that failed, and so offers none."""
        self._all()
        return list(self._faults)

    def find(
        self, name: str, *, kind: str | None = None, distribution: str | None = None
    ) -> ComponentRecord:
        """The one component of this name that can be used, or the faulty one if there is no other.

        Raises:
            UnknownComponent: with the nearest names, if there is none.
            AmbiguousComponent: with every source, if several can be used.
            BrokenPlugin: with every cause, if there are several and none can be used.
        """
        known = self.components(kind)
        try:
            return self._pick(known, kind or "component", name, distribution)
        except UnknownComponent as error:
            others = [record for record in self.components() if record.name == name]
            if distribution or not others:
                raise
            found = " and ".join(sorted({article(record.kind) for record in others}))
            raise UnknownComponent(f"{name} is {found}, not {article(str(kind))}") from error

    def find_command(self, name: str) -> ComponentRecord:
        """The one command of this name, which may be `distribution.name`; raises as `find`."""
        distribution, _, bare = name.rpartition(".")
        return self._pick(self.commands(), "command", bare, normalize(distribution) or None)

    def load(self, record: ComponentRecord) -> Any:
        """Import the record's target, and nothing else.

        Raises:
            BrokenPlugin: naming distribution, version and cause, whatever the import raised.
        """
        if not record.is_usable:
            raise BrokenPlugin(
                f"{record.kind} {record.name} of {record.source} cannot be used: {record.detail}"
            )
        try:
            return EntryPoint(record.name, record.target, record.kind).load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # also SystemExit: no plugin may end us
            cause = " ".join(str(error).split()) or "no message"
            raise BrokenPlugin(
                f"{record.kind} {record.name} of {record.source} cannot be used: loading "
                f"{record.target} raised {type(error).__name__}: {cause}; reinstall "
                f"{record.distribution} or report this to its author"
            ) from error

    def _all(self) -> list[ComponentRecord]:
        if self._records is None:
            sources = self._manager.hook.coreframe_components.get_hookimpls()
            offered, self._faults = collect_offers(sources)
            self._records = mark_conflicts(offered)
        return self._records

    def _pick(
        self, known: Sequence[ComponentRecord], what: str, name: str, distribution: str | None
    ) -> ComponentRecord:
        found = choose(known, what, name, distribution)
        if found is None:
            raise UnknownComponent(suggest(known, what, name, distribution, self.faults))
        return found


def _expect_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ArgumentError(f"there is no kind {kind!r}; the kinds are {', '.join(KINDS)}")


def build_registry() -> Registry:
    """A registry of what is installed now."""
    return Registry([EntryPointSource()])


@cache
def get_registry() -> Registry:
    """The registry that `create` and `assemble` use; built once."""
    return build_registry()


def reset_registry() -> None:
    """Forget the default registry, for instance after an installation in this process."""
    get_registry.cache_clear()
