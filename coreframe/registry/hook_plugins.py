"""HookPlugins: the objects and modules that implement coreframe's hooks."""

from __future__ import annotations

import difflib
import inspect
from typing import Any

import pluggy
from pluggy import HookImpl

from coreframe.errors import BrokenPlugin
from coreframe.registry.hookspecs import PROJECT, ComponentSource, RunWatcher
from coreframe.registry.record import ComponentRecord

__all__ = ["HookPlugins", "raised"]


class HookPlugins:
    """What implements hooks, and by which name each is called in messages.

    pluggy keeps the specifications and the order; each implementation is called apart from the
    others by who needs it, so that one that raises stops no other.
    """

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(ComponentSource)
        self._manager.add_hookspecs(RunWatcher)
        self._origins: dict[int, ComponentRecord | None] = {}  # by identity: plugins may be equal

    def register(self, plugin: object, origin: ComponentRecord | None = None) -> None:
        """Add a plugin once.

        Args:
            plugin: an object or a module with functions marked by `hookimpl`.
            origin: the entry point that it was loaded from, if any.

        Raises:
            BrokenPlugin: if it implements a hook that does not exist, or with other arguments.
        """
        if id(plugin) in self._origins:
            return
        who = _described(plugin, origin)
        try:
            self._expect_known_hooks(plugin, who)
            self._manager.register(plugin, name=str(id(plugin)))
        except (BrokenPlugin, KeyboardInterrupt):
            raise
        except BaseException as error:  # pluggy's, or what an attribute of the plugin raises
            self._manager.unregister(name=str(id(plugin)))
            cause = " ".join(str(error).split()) or type(error).__name__
            raise BrokenPlugin(f"{who} does not fit coreframe's hooks: {cause}") from error
        self._origins[id(plugin)] = origin

    def unregister(self, plugin: object) -> None:
        """Take a plugin out; nothing happens if it is not in."""
        if id(plugin) in self._origins:
            self._manager.unregister(name=str(id(plugin)))
            del self._origins[id(plugin)]

    def implementations(self, hook: str) -> list[HookImpl]:
        """The implementations of a hook, in the order in which they are to be called.

        Those registered first come first, where none asks by `tryfirst` or `trylast`.
        """
        found: list[HookImpl] = vars(self._manager.hook)[hook].get_hookimpls()
        first = [impl for impl in found if impl.tryfirst]
        last = [impl for impl in found if impl.trylast]
        return first + [impl for impl in found if not (impl.tryfirst or impl.trylast)] + last

    def origin(self, implementation: HookImpl) -> ComponentRecord | None:
        """The entry point behind an implementation; None if it was registered by hand."""
        return self._origins.get(id(implementation.plugin))

    def describe(self, implementation: HookImpl) -> str:
        """Whose implementation it is: `hooks board of coreframe-board 1.0`."""
        return _described(implementation.plugin, self.origin(implementation))

    def _expect_known_hooks(self, plugin: object, who: str) -> None:
        known = [name for name in vars(self._manager.hook) if not name.startswith("_")]
        found = False
        for name in dir(plugin):
            marks = self._manager.parse_hookimpl_opts(plugin, name)
            if marks is None:
                if name.startswith(f"{PROJECT}_") and _is_function(plugin, name):
                    raise BrokenPlugin(
                        f"{who} does not fit coreframe's hooks: {name} is not marked with "
                        "@coreframe.hookimpl, and would never be called"
                    )
                continue
            if marks.get("hookwrapper") or marks.get("wrapper"):
                raise BrokenPlugin(
                    f"{who} does not fit coreframe's hooks: {name} is a wrapper, and there are none "
                    "here"
                )
            hook = marks.get("specname") or name
            if hook not in known:
                near = difflib.get_close_matches(hook, known, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                raise BrokenPlugin(
                    f"{who} does not fit coreframe's hooks: there is no hook {hook}; {hint}"
                )
            found = True
            fault = _call_fault(inspect.getattr_static(plugin, name), hook)
            if fault:
                raise BrokenPlugin(f"{who} does not fit coreframe's hooks: {name} {fault}")
        if not found:
            raise BrokenPlugin(
                f"{who} does not fit coreframe's hooks: it implements none of {', '.join(known)}"
            )


def raised(error: BaseException) -> str:
    """`it raised ValueError: no such file`, in one line."""
    cause = " ".join(str(error).split()) or "no message"
    return f"it raised {type(error).__name__}: {cause}"


def _is_function(plugin: object, name: str) -> bool:
    return inspect.isroutine(inspect.getattr_static(plugin, name, None))


def _call_fault(function: Any, hook: str) -> str:
    """Why calling it as a hook is called would do nothing; empty if it would."""
    function = function.__func__ if isinstance(function, staticmethod | classmethod) else function
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is asynchronous, and nobody here awaits it"
    if inspect.isgeneratorfunction(function) and hook != "coreframe_components":
        return "is a generator, and nobody here goes through it"
    if inspect.isfunction(function):
        parameters = inspect.signature(function).parameters.values()
        spare = [p.name for p in parameters if p.default is not inspect.Parameter.empty]
        if spare:
            return f"has a default for {', '.join(spare)}, which pluggy would never fill in"
    return ""


def _described(plugin: object, origin: ComponentRecord | None) -> str:
    return repr(plugin) if origin is None else f"hooks {origin.name} of {origin.source}"
