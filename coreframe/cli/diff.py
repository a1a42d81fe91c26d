"""`coreframe diff`: two components of one kind, side by side."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from coreframe.cli.options import JsonOption, KindOption
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
    seed: Annotated[int, typer.Option(help="Of whatever is drawn.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare two components: outputs, gradients, speed."""
    # Imported here, since it imports torch, and the other commands start without it.
    from coreframe.testing.compare import compare  # noqa: PLC0415

    shapes = [_features(text) for text in shape or ()]
    comparison = compare(first, second, kind=kind, inputs=shapes, seed=seed)
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, **asdict(comparison)}, indent=2))
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
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise typer.BadParameter(f"--input takes sizes like 4 or 5,3, not {text!r}") from None
