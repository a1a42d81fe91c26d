"""`coreframe check`: what the conformance kit finds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from coreframe.cli.options import JsonOption, KindOption
from coreframe.cli.plugin_output import plugin_code
from coreframe.cli.registry_warnings import print_warnings
from coreframe.errors import ArgumentError, CoreframeError
from coreframe.registry.registry import get_registry
from coreframe.version import CHECK_SET

if TYPE_CHECKING:
    from coreframe.testing.result import Result

__all__ = ["check"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning

STATUS = {"passed": "ok", "failed": "FAILED", "not tried": "-"}


class Chosen(NamedTuple):
    """A component to check, or what its metadata say against it."""

    name: str
    kind: str | None
    fault: str = ""


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
    seed: Annotated[int, typer.Option(help="Of whatever is drawn.", min=0, max=2**32 - 1)] = 0,
    float32: Annotated[
        bool, typer.Option("--float32", help="In single precision, with wider bounds.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check components by the conformance kit; exit 1 if any fails."""
    chosen = list(_chosen(names or [], every=every, kind=kind))

    # Imported here, since they import torch, and the other commands start without it.
    import torch  # noqa: PLC0415

    from coreframe.testing.conformance import choose_checks, run_checks  # noqa: PLC0415

    torch.set_num_threads(1)  # tensors this small gain nothing from a second thread
    checks = choose_checks(select or (), ignore or ())
    widths = [
        max((len(text) for text in column), default=0)
        for column in (
            [component.name for component in chosen],
            [check.id for check in checks],
            [check.shows for check in checks],
        )
    ]
    rows: list[Result] = []
    refused = {component.name: component.fault for component in chosen if component.fault}
    for component in chosen:
        if component.fault:
            continue
        results = run_checks(
            component.name,
            kind=component.kind,
            select=select or (),
            ignore=ignore or (),
            seed=seed,
            dtype=torch.float32 if float32 else torch.float64,
        )
        for result in _until_refused(results, component.name, refused):
            rows.append(result)
            if not as_json:
                typer.echo(_line(result, widths))
    for name, cause in refused.items():
        typer.echo(f"Error: {name}: {cause}", err=True)
    if not rows and not refused:
        raise ArgumentError(
            f"nothing was checked: no {kind or 'component'} is installed"
            if not chosen
            else "nothing was checked: --select and --ignore leave no check that is for "
            + ", ".join(component.name for component in chosen)
        )
    typer.echo(_json(rows, refused) if as_json else _summary(rows, refused))
    if refused or not all(row.passed for row in rows):
        raise typer.Exit(1)


def _chosen(names: list[str], *, every: bool, kind: str | None) -> Iterator[Chosen]:
    if names and every:
        raise typer.BadParameter("name components or give --all, not both")
    if not names and not every and kind is None:
        raise typer.BadParameter("name a component, or give --all or --kind")
    for name in dict.fromkeys(names):
        if not name.rpartition(".")[2] or name.startswith(".") or "(" in name:
            raise typer.BadParameter(f"{name!r} is no name like Linear or coreframe_linear.Linear.")
        yield Chosen(name, kind)
    if names:
        return
    registry = get_registry()
    print_warnings(registry)
    for record in registry.components(kind):
        if record.status in ("disabled", "shadowed"):  # the user's wish; and the other copy counts
            continue
        name = record.name if record.status == "ok" else record.qualified
        fault = f"it cannot be used: {record.detail}" if not record.is_usable else ""
        yield Chosen(name, record.kind, fault)


def _until_refused(
    results: Iterator[Result], name: str, refused: dict[str, str]
) -> Iterator[Result]:
    """The results, and a note of what ended them: one component must not hide the others."""
    try:
        while True:
            with plugin_code():
                result = next(results, None)
            if result is None:
                return
            yield result
    except CoreframeError as error:
        refused[name] = " ".join(str(error).split())
    except Exception as error:  # noqa: BLE001  # whatever its examples raise
        first_line = str(error).partition("\n")[0]
        refused[name] = f"it raised {type(error).__name__}: {first_line}"


def _line(result: Result, widths: Sequence[int]) -> str:
    cells = (result.component, result.check, result.shows)
    line = " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    line += f" {STATUS[result.status]:6} "
    if result.status == "failed":
        return line.rstrip() + "".join(f"\n    {part}" for part in result.detail.splitlines())
    if result.measure is None:
        return (line + result.detail).rstrip()
    bound = "" if result.measure.bound is None else f" of {result.measure.bound:.2g}"
    return f"{line}{result.measure.figure:.2g}{bound} {result.measure.unit}".rstrip()


def _summary(rows: Sequence[Result], refused: Mapping[str, str]) -> str:
    count = {status: sum(row.status == status for row in rows) for status in STATUS}
    text = f"\n{count['passed']} passed, {count['failed']} failed"
    if count["not tried"]:
        text += f", {count['not tried']} not tried"
    if refused:
        text += f"; not checked: {', '.join(refused)}"
    return text


def _json(rows: Sequence[Result], refused: Mapping[str, str]) -> str:
    document = {
        "schema": SCHEMA,
        "check_set": CHECK_SET,
        "passed": not refused and all(row.passed for row in rows),
        "results": [
            {
                "component": row.component,
                "check": row.check,
                "shows": row.shows,
                "status": row.status,
                "figure": None if row.measure is None else _finite(row.measure.figure),
                "bound": None if row.measure is None else row.measure.bound,
                "unit": "" if row.measure is None else row.measure.unit,
                "detail": row.detail,
                "seed": row.seed,
            }
            for row in rows
        ],
        "refused": [{"component": name, "detail": cause} for name, cause in refused.items()],
    }
    return json.dumps(document, indent=2, allow_nan=False)


def _finite(figure: float) -> float | None:
    # JSON has no other numbers; what is wrong stands in the detail.
    return figure if isfinite(figure) else None
