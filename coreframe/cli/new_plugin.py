"""`coreframe new-plugin`: the package of a new plugin, which works as it stands."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from coreframe.doctor.module_finder import ModuleFinder
from coreframe.errors import ArgumentError
from coreframe.registry.record import normalize
from coreframe.registry.registry import get_registry
from coreframe.scaffold.folder import write_folder
from coreframe.scaffold.package import fill_package
from coreframe.scaffold.plugin import GROUPS, NewPlugin, name_plugin

__all__ = ["new_plugin"]


def new_plugin(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What it offers: LogCosh; of a command, greet.")
    ],
    *,
    kind: Annotated[
        str, typer.Option("--kind", metavar="KIND", help=f"What that is: {', '.join(GROUPS)}.")
    ],
    package: Annotated[
        str | None,
        typer.Option(
            metavar="PACKAGE", help="The package's name.  [default: as coreframe-log-cosh]"
        ),
    ] = None,
    directory: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the package's folder is made.")
    ] = Path(),
) -> None:
    """Write the package of a new plugin, with its tests."""
    try:
        plugin = name_plugin(kind, name, package)
    except ArgumentError as error:
        raise typer.BadParameter(f"{error}.") from error
    if fault := _taken(plugin):
        raise typer.BadParameter(
            f"{plugin.distribution!r} cannot be the name of this package: {fault}."
        )
    written = write_folder(directory / plugin.distribution, fill_package(plugin))
    for warning in _namesakes(plugin, context):
        typer.echo(f"Warning: {warning}", err=True)
    for path in written:
        typer.echo(path)
    typer.echo("\nNext:\n" + "\n".join(f"  {step}" for step in _next_steps(plugin, directory)))


def _taken(plugin: NewPlugin) -> str:
    """What else goes by the package's name and is no plugin of coreframe; empty if nothing."""
    registry = get_registry()
    plugins = [*registry.components(), *registry.commands()]
    if normalize(plugin.distribution) in {normalize(r.distribution) for r in plugins}:
        return ""  # an earlier one of the same plugin, say: that is a warning
    try:
        other = distribution(plugin.distribution)
    except PackageNotFoundError:
        located = ModuleFinder().locate(plugin.module)
        if located is None or located.is_namespace:  # a folder that happens to be called so
            return ""
        return f"it would hide the module {plugin.module} that exists"
    return f"{other.name} {other.version} is installed, and the new one would take its place"


def _namesakes(plugin: NewPlugin, context: typer.Context) -> Iterator[str]:
    """What is installed already, and will be in its way."""
    registry = get_registry()
    is_command = plugin.kind == "command"
    for record in registry.commands() if is_command else registry.components():
        if record.name == plugin.name:
            yield f"{record.source} offers a {record.kind} {record.name}, too"
    group = context.find_root().command
    if is_command and isinstance(group, TyperGroup) and plugin.name in group.commands:
        yield f"coreframe has a command {plugin.name} of its own"
    module = normalize(plugin.distribution)
    installed = [*registry.components(), *registry.commands()]
    for source in sorted({r.source for r in installed if normalize(r.distribution) == module}):
        yield f"{source} is installed, and the new package would take its place"


def _next_steps(plugin: NewPlugin, directory: Path) -> list[str]:
    folder = shlex.quote(str(directory / plugin.distribution))
    editable = shlex.quote(f"{directory / plugin.distribution}[dev]")
    use = (
        [f"coreframe {plugin.name}"]
        if plugin.kind == "command"
        else [f"coreframe show {plugin.name}", f"coreframe check {plugin.name}"]
    )
    return [f"python -m pip install -e {editable}", *use, f"python -m pytest {folder}"]
