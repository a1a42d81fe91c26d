"""Registry: every component that is installed, by kind and name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from importlib.metadata import EntryPoint
from typing import Any

from coreframe.errors import (
    ArgumentError,
    BrokenPlugin,
    CoreframeError,
    DisabledComponent,
    UnknownComponent,
)
from coreframe.registry.choice import choose
from coreframe.registry.conflicts import mark_conflicts
from coreframe.registry.entry_points import EntryPointSource
from coreframe.registry.hook_plugins import HookPlugins, raised
from coreframe.registry.kinds import KINDS
from coreframe.registry.mend import mend
from coreframe.registry.offers import collect_offers
from coreframe.registry.policy import Policy, Rule
from coreframe.registry.policy_sources import read_policy
from coreframe.registry.record import ComponentRecord, normalize
from coreframe.registry.suggestions import article, suggest

__all__ = ["Registry", "build_registry", "get_registry", "reset_registry"]


class Registry:
    """Finds components by name and loads one alone, whatever else is installed.

    Args:
        plugins: sources of components, and watchers of runs; each implements hooks.
        policy: what of it the user lets in.
    """

    def __init__(self, plugins: Sequence[object], policy: Policy = Policy()) -> None:  # noqa: B008  # frozen
        self.policy = policy
        self._plugins = HookPlugins()
        self._hook_faults: list[str] | None = None
        for plugin in plugins:
            self._plugins.register(plugin)

    # ---- what is installed, without importing any of it ----

    def components(
        self, kind: str | None = None, *, dynamic: bool = False
    ) -> list[ComponentRecord]:
        """The records of one kind, or of all components, by kind and name.

        Args:
            kind: of `KINDS`; all if None.
            dynamic: add what installed hook modules offer at run time, and import these.

        Raises:
            ArgumentError: for a kind that does not exist.
        """
        if kind is not None and kind not in KINDS:
            raise ArgumentError(f"there is no kind {kind!r}; the kinds are {', '.join(KINDS)}")
        offered = self._static[0] + (self._dynamic[0] if dynamic else [])
        found = [r for r in offered if (r.kind == kind if kind else r.kind in KINDS)]
        order = list(KINDS)
        return sorted(
            found, key=lambda r: (order.index(r.kind), r.name, r.distribution, r.version, r.target)
        )

    def commands(self) -> list[ComponentRecord]:
        """The records of the commands that plugins bring, by name."""
        return self._of_kind("command")

    def hook_modules(self) -> list[ComponentRecord]:
        """The records of the modules of hooks that plugins bring, by name."""
        return self._of_kind("hooks")

    @property
    def faults(self) -> list[str]:
        """A sentence for each source of components that failed, and so offers none.

        Hook modules count once they have been imported, by what needs them.
        """
        loaded = self._dynamic[1] if "_dynamic" in vars(self) else []
        return [*self._static[1], *self.hook_faults, *loaded]

    @property
    def hook_faults(self) -> list[str]:
        """A sentence for each hook module that could not be used, once they have been imported."""
        return list(self._hook_faults or ())

    def unmatched_rules(self) -> list[Rule]:
        """The rules of the policy that name nothing of what is installed."""
        return self.policy.unmatched(self._static[0])

    # ---- one of it ----

    def find(
        self,
        name: str,
        *,
        kind: str | None = None,
        distribution: str | None = None,
        dynamic: bool = True,
    ) -> ComponentRecord:
        """The one component of this name that can be used, or the faulty one if there is no other.

        Only where no metadata offer the name, hook modules are imported and asked for it, unless
        `dynamic` is false.

        Raises:
            UnknownComponent: with the nearest names, if there is none.
            AmbiguousComponent: with every source, if several can be used.
            DisabledComponent: if the policy keeps out all that could be used.
            BrokenPlugin: with every cause, if there are several and none can be used.
        """
        what = kind or "component"
        found = choose(self.components(kind), what, name, distribution)
        if found is not None:
            return found
        known = self.components(kind, dynamic=dynamic)
        found = choose(known, what, name, distribution)
        if found is not None:
            return found
        others = [record for record in self.components(dynamic=dynamic) if record.name == name]
        if others and not distribution:
            kinds = " and ".join(sorted({article(record.kind) for record in others}))
            raise UnknownComponent(f"{name} is {kinds}, not {article(what)}")
        raise UnknownComponent(suggest(known, what, name, distribution, self.faults))

    def find_command(self, name: str) -> ComponentRecord:
        """The one command of this name, which may be `distribution.name`; raises as `find`."""
        head, _, bare = name.rpartition(".")
        distribution, known = normalize(head) or None, self.commands()
        found = choose(known, "command", bare, distribution)
        if found is None:
            raise UnknownComponent(suggest(known, "command", bare, distribution, self.faults))
        return found

    def load(self, record: ComponentRecord) -> Any:
        """Import the record's target, and nothing else.

        Raises:
            DisabledComponent: if the policy keeps it out.
            BrokenPlugin: naming distribution, version and cause, whatever the import raised.
        """
        if not record.is_usable:
            error = DisabledComponent if record.status == "disabled" else BrokenPlugin
            raise error(
                f"{record.kind} {record.name} of {record.source} cannot be used: {record.detail}"
            )
        try:
            return EntryPoint(record.name, record.target, record.kind).load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # also SystemExit: no plugin may end us
            raise BrokenPlugin(
                f"{record.kind} {record.name} of {record.source} cannot be used: loading "
                f"{record.target} {raised(error).removeprefix('it ')}; {mend(record, error)}"
            ) from error

    # ---- hooks ----

    def register(self, plugin: object) -> None:
        """Add a source of components, or a watcher of runs.

        Raises:
            BrokenPlugin: if it implements a hook that does not exist, or with other arguments.
        """
        self._plugins.register(plugin)
        self._forget()

    def unregister(self, plugin: object) -> None:
        """Take a plugin out that was registered before."""
        self._plugins.unregister(plugin)
        self._forget()

    def hooks(self) -> HookPlugins:
        """What implements hooks; installed hook modules are imported for it, once."""
        if self._hook_faults is None:
            self._hook_faults = list(self._load_hook_modules())
        return self._plugins

    # ---- inside ----

    @cached_property
    def _static(self) -> tuple[list[ComponentRecord], list[str]]:
        offered, faults = collect_offers(self._plugins, dynamic=False)
        return mark_conflicts(self.policy.apply(offered), self.policy), faults

    @cached_property
    def _dynamic(self) -> tuple[list[ComponentRecord], list[str]]:
        offered, faults = collect_offers(self.hooks(), dynamic=True)
        admitted = self.policy.apply(offered)
        return mark_conflicts(admitted, self.policy, settled=self._static[0]), faults

    def _load_hook_modules(self) -> Iterator[str]:
        """Import and register each; gives a sentence for each that cannot be used."""
        for record in self.hook_modules():
            if record.status in ("disabled", "shadowed"):
                continue
            try:
                self._plugins.register(self._hook_plugin(record), record)
            except CoreframeError as error:
                yield str(error)

    def _hook_plugin(self, record: ComponentRecord) -> object:
        loaded = self.load(record)
        if not isinstance(loaded, type):
            return loaded
        try:
            return loaded()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise BrokenPlugin(
                f"hooks {record.name} of {record.source} cannot be used: calling {record.target} "
                f"{raised(error).removeprefix('it ')}; {mend(record, error)}"
            ) from error

    def _of_kind(self, kind: str) -> list[ComponentRecord]:
        found = [record for record in self._static[0] if record.kind == kind]
        return sorted(found, key=lambda r: (r.name, r.distribution, r.version, r.target))

    def _forget(self) -> None:
        vars(self).pop("_static", None)
        vars(self).pop("_dynamic", None)


def build_registry(policy: Policy | None = None) -> Registry:
    """A registry of what is installed now.

    Args:
        policy: what of it is let in; by default as environment, project and user say.

    Raises:
        PolicyError: if that policy cannot be read.
    """
    return Registry([EntryPointSource()], read_policy() if policy is None else policy)


@cache
def get_registry() -> Registry:
    """The registry that `create` and `assemble` use; built once."""
    return build_registry()


def reset_registry() -> None:
    """Forget the default registry, for instance after an installation in this process."""
    get_registry.cache_clear()
