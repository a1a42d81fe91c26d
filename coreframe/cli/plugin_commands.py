"""Commands that plugins bring: listed from metadata, and imported only when they are run."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from coreframe.cli.plugin_output import plugin_code
from coreframe.errors import BrokenPlugin, PolicyError
from coreframe.registry.record import ComponentRecord
from coreframe.registry.registry import get_registry

__all__ = ["CommandGroup", "PluginCommand"]

# Typer 0.26 moved the classes of its contexts and commands to a private place, hence Any below.


class PluginCommand(TyperCommand):
    """Stands for a plugin's command in the help; the command itself is loaded to be run.

    Args:
        name: the name it is run by, qualified where the bare one belongs to another.
        help: what the help says of it.
        hidden: whether the help leaves it out.
    """

    def __init__(self, name: str, *, help: str = "", hidden: bool = False) -> None:  # noqa: A002  # typer's name
        super().__init__(name, help=help, hidden=hidden, rich_markup_mode=None)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """The context of the loaded command, which then runs in this one's place."""
        record = get_registry().find_command(str(self.name))
        return _load(record).make_context(info_name, args, parent, **extra)


class CommandGroup(TyperGroup):
    """The core's commands and, read when somebody looks beyond these, those of plugins."""

    def list_commands(self, ctx: Any) -> list[str]:
        self._add_plugin_commands()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            self._add_plugin_commands()
        return super().get_command(ctx, cmd_name)

    def _add_plugin_commands(self) -> None:
        own = [name for name, c in self.commands.items() if not isinstance(c, PluginCommand)]
        for command in _plugin_commands(taken=own):
            self.commands.setdefault(str(command.name), command)


def _plugin_commands(taken: Collection[str]) -> list[PluginCommand]:
    """Placeholders: the bare name if it is free, else the qualified one, as for components."""
    try:
        # What is hidden counts elsewhere, and what is no word cannot be typed.
        found = get_registry().commands()
        records = [r for r in found if r.status != "shadowed" and r.name[:1].isalnum()]
    except PolicyError as error:  # the core's own commands and the help stay
        typer.echo(f"Warning: {error}", err=True)
        return []
    commands: list[PluginCommand] = []
    for record in records:
        # A faulty command leaves the bare name to one that can be used.
        rivals = [r for r in records if r.name == record.name and r.is_usable >= record.is_usable]
        bare = record.name not in taken and len(rivals) == 1
        name = record.name if bare else record.qualified
        commands.append(PluginCommand(name, help=_origin(record)))
    # Whoever runs a bare name that is left over is told that it is ambiguous.
    return commands + [PluginCommand(record.name, hidden=True) for record in records]


def _origin(record: ComponentRecord) -> str:
    return f"from {record.source}" + ("" if record.is_usable else f" ({record.status})")


def _load(record: ComponentRecord) -> Any:
    with plugin_code():
        function = get_registry().load(record)
    fault = f"{record.target} is not a function"
    if inspect.isfunction(function):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(record.name)(function)
        try:
            return get_command(app)
        except Exception as error:  # noqa: BLE001  # typer has no error of its own for this
            fault = f"typer cannot make a command of {record.target}: {error}"
    raise BrokenPlugin(
        f"command {record.name} of {record.source} cannot be used: {fault}; "
        f"report this to the author of {record.distribution}"
    )
