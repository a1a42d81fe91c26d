"""`coreframe list-components`: what is installed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from coreframe.cli.options import JsonOption, KindOption
from coreframe.cli.plugin_output import plugin_code
from coreframe.cli.registry_warnings import print_warnings
from coreframe.cli.table import format_table
from coreframe.registry.registry import get_registry
from coreframe.registry.requirements import requirement_lines

__all__ = ["list_components"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning


def list_components(
    *,
    kind: KindOption = None,
    dynamic: Annotated[
        bool,
        typer.Option("--dynamic", help="Add what plugins offer at run time, and import these."),
    ] = False,
    requirements: Annotated[
        bool,
        typer.Option("--requirements", help="Print what pip needs to install these plugins again."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the installed components."""
    if requirements:
        if dynamic or as_json or kind:
            raise typer.BadParameter("--requirements stands alone: it is about all plugins")
        typer.echo("\n".join(requirement_lines()))
        return
    registry = get_registry()
    with plugin_code():
        records = registry.components(kind, dynamic=dynamic)
    print_warnings(registry)
    if as_json:
        document = {"schema": SCHEMA, "components": [asdict(record) for record in records]}
        typer.echo(json.dumps(document, indent=2))
        return
    rows = [
        (
            record.kind,
            record.name,
            record.distribution,
            record.version,
            record.target,
            f"{record.status}: {record.detail}" if record.detail else record.status,
        )
        for record in records
    ]
    typer.echo(format_table(("kind", "name", "distribution", "version", "target", "status"), rows))
