"""`coreframe list-components`: what is installed."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from coreframe.cli.options import JsonOption, KindOption
from coreframe.cli.table import format_table
from coreframe.registry.registry import get_registry

__all__ = ["list_components"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning


def list_components(*, kind: KindOption = None, as_json: JsonOption = False) -> None:
    """List the installed components."""
    registry = get_registry()
    records = registry.components(kind)
    for fault in registry.faults:
        typer.echo(f"Warning: {fault}", err=True)
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
