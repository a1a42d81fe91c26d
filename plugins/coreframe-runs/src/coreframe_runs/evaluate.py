"""The command `coreframe evaluate`."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer
from torch import Tensor

import coreframe as cf
from coreframe_runs.options import DeviceOption, ThreadsOption, settings_of
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
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print loss and accuracy of a trained run on its splits."""
    given = settings_of(device=device, threads=threads)
    rows: dict[str, dict[str, float | None]] = {}
    with cf.plugin_code():
        trained = load_trained(run, last=last, changes=given)
        parts = trained.parts()
        for name in splits(parts.data) if split is None else [split]:
            found = cf.evaluate(trained.model, parts.data.part(name), parts.loss)
            rows[name] = {"loss": _finite(found.loss), "accuracy": _finite(found.accuracy)}
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, "splits": rows}, indent=2, allow_nan=False))
        return
    for name, row in rows.items():
        loss = "not finite" if row["loss"] is None else f"{row['loss']:.6g}"
        accuracy = "" if row["accuracy"] is None else f"  accuracy {row['accuracy']:.4f}"
        typer.echo(f"{name:10}  loss {loss}{accuracy}")


def _finite(figure: Tensor) -> float | None:
    # JSON has no other numbers.
    value = float(figure)
    return value if isfinite(value) else None
