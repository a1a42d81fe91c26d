"""`coreframe diff`: two components of one kind, side by side."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from typing import Annotated

import typer

from coreframe.cli.options import JsonOption, KindOption
from coreframe.cli.plugin_output import plugin_code
from coreframe.cli.table import format_table

__all__ = ["diff"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning


def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="A name or a spec.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another of its kind.")],
    *,
    kind: KindOption = None,
    shape: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="4,3", help="Features of an input, if not an example's."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of whatever is drawn.", min=0, max=2**32 - 1)] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare two components: outputs, gradients, speed."""
    shapes = [_features(text) for text in shape or ()]

    # Imported here, since it imports torch, and the other commands start without it.
    from coreframe.testing.compare import compare  # noqa: PLC0415

    with plugin_code():
        comparison = compare(first, second, kind=kind, inputs=shapes or None, seed=seed)
    if as_json:
        document = {"schema": SCHEMA, **asdict(comparison)}
        for row in document["rows"]:
            # JSON has no infinity: null is what no number can say, and `where` says it.
            row["difference"] = row["difference"] if isfinite(row["difference"]) else None
        typer.echo(json.dumps(document, indent=2, allow_nan=False))
        return
    rows = [(row.what, f"{row.difference:.3g}", row.where or "equal") for row in comparison.rows]
    typer.echo(f"A  {comparison.first}\nB  {comparison.second}\n")
    typer.echo(format_table(("compared", "largest difference", "where"), rows))
    typer.echo(
        f"\nspeed: A {comparison.first_seconds * 1e6:.0f} µs, "
        f"B {comparison.second_seconds * 1e6:.0f} µs, "
        f"B / A {comparison.second_seconds / comparison.first_seconds:.2f}"
    )


def _features(text: str) -> list[int]:
    parts = text.split(",") if text.strip() else []  # none: one number for each sample
    try:
        sizes = [int(part) for part in parts]
    except ValueError:
        sizes = [0]
    if not all(size > 0 for size in sizes):
        raise typer.BadParameter(f"--input takes sizes like 4 or 5,3, not {text!r}")
    return sizes
