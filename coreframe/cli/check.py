"""`coreframe check`: what the conformance kit finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from coreframe.cli.options import JsonOption, KindOption
from coreframe.errors import ArgumentError, CoreframeError
from coreframe.registry.registry import get_registry

if TYPE_CHECKING:
    from coreframe.testing.result import Result

__all__ = ["check"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning


def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Linear, or coreframe_linear.Linear.", show_default=False
        ),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Check all installed components.")] = False,
    kind: KindOption = None,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only this check; `loss.` is all that begin so."),
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="ID", help="Not this check.")] = None,
    seed: Annotated[int, typer.Option(help="Of whatever is drawn.")] = 0,
    float32: Annotated[
        bool, typer.Option("--float32", help="In single precision, with wider bounds.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check components by the conformance kit; exit 1 if any fails."""
    # Imported here, since they import torch, and the other commands start without it.
    import torch  # noqa: PLC0415

    from coreframe.testing.conformance import run_checks  # noqa: PLC0415

    rows: list[Result] = []
    refused: list[str] = []
    for name, its_kind in _chosen(names or [], every=every, kind=kind):
        try:
            found = run_checks(
                name,
                kind=its_kind,
                select=select or (),
                ignore=ignore or (),
                seed=seed,
                dtype=torch.float32 if float32 else torch.float64,
            )
            for result in found:
                rows.append(result)
                if not as_json:
                    _echo(result)
        except ArgumentError:
            raise
        except CoreframeError as error:
            refused.append(" ".join(str(error).split()))
            if not as_json:
                typer.echo(f"{name}: {refused[-1]}")
    failed = [row for row in rows if not row.passed]
    if as_json:
        typer.echo(json.dumps(_document(rows, refused), indent=2))
    else:
        typer.echo(f"\n{len(rows) - len(failed)} passed, {len(failed) + len(refused)} failed")
    if failed or refused:
        raise typer.Exit(1)


def _chosen(names: list[str], *, every: bool, kind: str | None) -> Iterator[tuple[str, str | None]]:
    """The names to check, with their kinds where they are known."""
    if not names and not every and kind is None:
        raise typer.BadParameter("name a component, or give --all or --kind")
    if names:
        yield from ((name, kind) for name in names)
        return
    for record in get_registry().components(kind):
        name = record.qualified if record.status == "ambiguous" else record.name
        yield name, record.kind


def _echo(result: Result) -> None:
    measured = ""
    if result.measure is not None:
        bound = "" if result.measure.bound is None else f" of {result.measure.bound:.2g}"
        measured = f"{result.measure.figure:.2g}{bound} {result.measure.unit}".rstrip()
    status = result.status
    typer.echo(
        f"{result.component:12} {result.check:25} {result.shows:58} {status:6} {measured}".rstrip()
    )
    if result.detail:
        typer.echo(f"    {result.detail}")


def _document(rows: list[Result], refused: list[str]) -> dict[str, object]:
    from coreframe.testing.catalogue import CHECK_SET  # noqa: PLC0415  # imports torch

    return {
        "schema": SCHEMA,
        "check_set": CHECK_SET,
        "passed": not refused and all(row.passed for row in rows),
        "results": [
            {
                "component": row.component,
                "check": row.check,
                "shows": row.shows,
                "passed": row.passed,
                "figure": None if row.measure is None else row.measure.figure,
                "bound": None if row.measure is None else row.measure.bound,
                "unit": "" if row.measure is None else row.measure.unit,
                "detail": row.detail,
                "seed": row.seed,
            }
            for row in rows
        ],
        "refused": refused,
    }
