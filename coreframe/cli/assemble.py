"""`coreframe assemble`: a network as a table."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from coreframe.cli.options import JsonOption
from coreframe.cli.plugin_output import plugin_code
from coreframe.cli.table import format_table

__all__ = ["assemble"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning


def assemble(
    specs: Annotated[
        list[str],
        typer.Argument(metavar="SPEC", help='The layers, first to last: "Linear(2, 25)" ReLU.'),
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Assemble a network and print it as a table."""
    # Imported here, since they import torch, and the other commands start without it.
    from coreframe.assembly.network import build_network  # noqa: PLC0415
    from coreframe.assembly.summary import summarize  # noqa: PLC0415

    with plugin_code():
        summary = summarize(build_network(specs[0] if len(specs) == 1 else specs))
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, **asdict(summary)}, indent=2))
        return
    rows = [
        (
            row.layer or "-",  # of a lone layer, which has no path
            row.spec,
            "?" if row.output_shape is None else str(row.output_shape),
            row.parameters,
        )
        for row in summary.layers
    ]
    rows.append(("total", "", "", summary.parameters))
    typer.echo(format_table(("layer", "spec", "output shape", "parameters"), rows))
