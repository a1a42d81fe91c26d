"""`coreframe show`: one component."""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict
from typing import Annotated

import typer
from typer.core import TyperGroup

from coreframe.cli.options import JsonOption, KindOption
from coreframe.cli.plugin_output import plugin_code
from coreframe.errors import UnknownComponent
from coreframe.registry.registry import get_registry

__all__ = ["show"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning


def show(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Linear, or coreframe_linear.Linear.")
    ],
    *,
    kind: KindOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a component: arguments, formula, origin."""
    distribution, _, bare = name.rpartition(".")
    if not bare or name.startswith("."):
        raise typer.BadParameter(f"{name!r} is no name like Linear or coreframe_linear.Linear.")
    try:
        with plugin_code():  # where a name is unknown, hook modules are asked
            record = get_registry().find(bare, kind=kind, distribution=distribution or None)
    except UnknownComponent as error:
        _expect_no_command(context, name, error)
        raise

    # Imported here, since they import torch, and a name that is wrong need not wait for it.
    from coreframe.assembly.arguments import describe_signature  # noqa: PLC0415
    from coreframe.assembly.create import load_class  # noqa: PLC0415

    with plugin_code():
        cls = load_class(record)
        signature = f"{record.name}{describe_signature(cls)}"
        docstring = inspect.cleandoc(cls.__doc__ or "")
    if as_json:
        component = {**asdict(record), "signature": signature, "docstring": docstring}
        typer.echo(json.dumps({"schema": SCHEMA, "component": component}, indent=2))
        return
    typer.echo(f"{signature}\n\n{docstring or 'It has no docstring.'}\n")
    typer.echo(f"kind          {record.kind}")
    typer.echo(f"distribution  {record.distribution} {record.version}")
    typer.echo(f"target        {record.target}")
    typer.echo(f"location      {record.location}{' (editable)' if record.editable else ''}")


def _expect_no_command(context: typer.Context, name: str, error: UnknownComponent) -> None:
    group = context.find_root().command
    if isinstance(group, TyperGroup) and group.get_command(context.find_root(), name) is not None:
        raise UnknownComponent(
            f"{name} is a command, not a component: run coreframe {name} --help"
        ) from error
