"""The command `coreframe evaluate`."""

from __future__ import annotations

import json
from math import isnan
from pathlib import Path
from typing import Annotated

import typer

import coreframe as cf
from coreframe_runs.parts import splits
from coreframe_runs.trained import load_trained

__all__ = ["evaluate"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    *,
    split: Annotated[
        str | None, typer.Option(help="Only train, validation or test.", show_default=False)
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="The last epoch in place of the best one.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print loss and accuracy of a trained run on its splits."""
    trained = load_trained(run, last=last)
    parts = trained.parts()
    names = splits(parts.data) if split is None else [split]
    rows: dict[str, dict[str, float | None]] = {}
    for name in names:
        found = cf.evaluate(trained.model, parts.data.part(name), parts.loss)
        accuracy = float(found.accuracy)
        rows[name] = {"loss": float(found.loss), "accuracy": None if isnan(accuracy) else accuracy}
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, "splits": rows}, indent=2))
        return
    for name, row in rows.items():
        accuracy_text = "" if row["accuracy"] is None else f"  accuracy {row['accuracy']:.4f}"
        typer.echo(f"{name:10}  loss {row['loss']:.6g}{accuracy_text}")
