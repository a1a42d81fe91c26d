"""The command `coreframe evaluate`."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from statistics import fmean, stdev
from typing import Annotated, Any

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
    """Print loss and accuracy of a trained run on its splits, of an ensemble as one model's."""
    given = settings_of(device=device, threads=threads)
    rows: dict[str, dict[str, Any]] = {}
    with cf.plugin_code():
        trained = load_trained(run, last=last, changes=given)
        parts = trained.parts()
        for name in splits(parts.data) if split is None else [split]:
            rows[name] = _figures(trained.model, parts.data.part(name), parts.loss)
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, "splits": rows}, indent=2, allow_nan=False))
        return
    for name, row in rows.items():
        typer.echo(f"{name:10}  {_told(row['loss'], row['accuracy'])}")
        if "members" in row:
            typer.echo(f"{'':10}  {_spread(row['members'])}")


def _figures(model: cf.Module, split: cf.Split, loss: cf.Loss) -> dict[str, Any]:
    if not model.replicas:
        found = cf.evaluate(model, split, loss)
        return {"loss": _finite(found.loss), "accuracy": _finite(found.accuracy)}
    of_all = cf.Ensemble(model, loss).evaluate(split)
    return {
        "loss": _finite(of_all.loss),
        "accuracy": _finite(of_all.accuracy),
        "vote_accuracy": _finite(of_all.vote_accuracy),
        "members": {
            "loss": [_finite(figure) for figure in of_all.members.loss],
            "accuracy": [_finite(figure) for figure in of_all.members.accuracy],
        },
    }


def _told(loss: float | None, accuracy: float | None) -> str:
    told = "loss not finite" if loss is None else f"loss {loss:.6g}"
    return told if accuracy is None else f"{told}  accuracy {accuracy:.4f}"


def _spread(members: dict[str, list[float | None]]) -> str:
    """Mean and standard deviation of the replicas that have figures."""
    parts = []
    for name, form in (("loss", ".6g"), ("accuracy", ".4f")):
        figures = [figure for figure in members[name] if figure is not None]
        if len(figures) > 1:
            parts.append(f"{name} {fmean(figures):{form}} ± {stdev(figures):.2g}")
    return f"each of {len(members['loss'])}: {'  '.join(parts)}"


def _finite(figure: Tensor) -> float | None:
    # JSON has no other numbers.
    value = float(figure)
    return value if isfinite(value) else None
