"""The options that say which plugins are let in, for this run of the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Annotated, TypeAlias

import typer

from coreframe.registry.policy_sources import DISABLE, NO_PLUGINS, ONLY, PREFER
from coreframe.registry.registry import reset_registry

__all__ = ["DisableOption", "NoPluginsOption", "OnlyOption", "PreferOption", "set_policy"]

DisableOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--disable",
        metavar="PLUGIN",
        help="Keep out a plugin, by its distribution, component, or both: board, ReLU, board.ReLU.",
    ),
]
OnlyOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="PLUGIN", help="Let in this plugin, and others so named, only."),
]
PreferOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--prefer", metavar="PLUGIN", help="Of a name that several offer, mean this one."),
]
NoPluginsOption: TypeAlias = Annotated[
    bool, typer.Option("--no-plugins", help="Let in no plugin, and read no policy.")
]


def set_policy(
    disable: Sequence[str] | None,
    only: Sequence[str] | None,
    prefer: Sequence[str] | None,
    *,
    no_plugins: bool,
) -> Callable[[], None]:
    """Put the options into the environment, where child processes see them too.

    Returns:
        What takes them out again.
    """
    if not (disable or only or prefer or no_plugins):
        return lambda: None
    variables = (DISABLE, ONLY, PREFER, NO_PLUGINS)
    before = {variable: os.environ.get(variable, "") for variable in variables}
    # Beside what is there already, of which nothing may be lost: of `only`, each list counts.
    for variable, given, separator in (
        (DISABLE, disable, ","),
        (PREFER, prefer, ","),
        (ONLY, only, ";"),
    ):
        if not all(name.strip(" ,;") for name in given or ()):
            raise typer.BadParameter("--disable, --only and --prefer take a name")
        os.environ[variable] = separator.join(
            filter(None, [",".join(given or ()), before[variable]])
        )
    if no_plugins:
        os.environ[NO_PLUGINS] = "1"
    reset_registry()

    def take_back() -> None:
        os.environ.update(before)
        reset_registry()

    return take_back
