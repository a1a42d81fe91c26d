"""The options that say which plugins are let in, for this run of the command line.

They act as soon as they are read, before the help, which lists the commands of plugins.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import typer

from coreframe.registry.policy_sources import DISABLE, NO_PLUGINS, ONLY, PREFER
from coreframe.registry.registry import reset_registry

__all__ = ["DisableOption", "NoPluginsOption", "OnlyOption", "PreferOption"]


def _setting(variable: str, separator: str) -> Callable[[typer.Context, Any], Any]:
    """Puts an option into the environment, where child processes see it, until the command ends."""

    def put(context: typer.Context, given: Any) -> Any:
        if not given:
            return given
        names = ["1"] if given is True else given
        if not all(name.strip(" ,;") for name in names):
            raise typer.BadParameter("it takes a name.")
        before = os.environ.get(variable, "")
        # Beside what is there already, of which nothing may be lost: of `only`, each list counts.
        os.environ[variable] = separator.join(filter(None, [",".join(names), before]))
        reset_registry()

        def take_back() -> None:
            os.environ[variable] = before
            reset_registry()

        context.call_on_close(take_back)
        return given

    return put


DisableOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--disable",
        metavar="PLUGIN",
        help="Keep out a plugin, by its distribution, component, or both: board, ReLU, board.ReLU.",
        callback=_setting(DISABLE, ","),
        is_eager=True,
    ),
]
OnlyOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="PLUGIN",
        help="Let in this plugin, and others so named, only.",
        callback=_setting(ONLY, ";"),
        is_eager=True,
    ),
]
PreferOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--prefer",
        metavar="PLUGIN",
        help="Of a name that several offer, mean this one.",
        callback=_setting(PREFER, ","),
        is_eager=True,
    ),
]
NoPluginsOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-plugins",
        help="Let in no plugin, and read no policy.",
        callback=_setting(NO_PLUGINS, ","),
        is_eager=True,
    ),
]
