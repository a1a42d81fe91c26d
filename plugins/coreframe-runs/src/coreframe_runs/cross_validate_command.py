"""The command `coreframe cross-validate`."""

from __future__ import annotations

import csv
import json
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

import coreframe as cf
from coreframe_runs.cross_validation import CrossValidation, cross_validate
from coreframe_runs.parts import build_parts, monitor_of
from coreframe_runs.plan import Plan, RunFileError, read_plan
from coreframe_runs.run_folder import RunFolder
from coreframe_runs.training import use_threads
from coreframe_runs.watchers import ProgressLines

__all__ = ["cross_validate_command"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning
LEVEL = 0.95


def cross_validate_command(
    file: Annotated[Path, typer.Argument(metavar="RUN.toml", help="The run file.")],
    *,
    folds: Annotated[int, typer.Option(help="Into how many the training samples are dealt.")] = 5,
    repeats: Annotated[int, typer.Option(help="How often they are dealt anew.")] = 1,
    stratified: Annotated[
        bool | None,
        typer.Option(
            help="Deal each class evenly.  [default: where targets name classes]",
            show_default=False,
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="In place of the file's: optimizer.lr=0.1"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="A new folder for table, models and run file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Train what a run file says on each fold, and print figures of the held-out samples."""
    if out is not None and out.exists():
        raise cf.ArgumentError(f"{out} exists, and nothing is overwritten: choose another")
    with cf.plugin_code():
        plan = read_plan(file, changes or ())
        found, encoding, left_out = _carry_out(plan, folds, repeats, stratified, quiet=quiet)
        result = _result(found, repeats)
        if out is not None:
            _write(RunFolder(out), plan, found, result, encoding)
    if left_out:
        typer.echo(
            f"note: the {left_out} samples of the validation split stand in no fold; where the "
            "dataset has the argument, --set data.validation=0 gives them to the folds",
            err=True,
        )
    typer.echo(json.dumps(result, indent=2, allow_nan=False) if as_json else _text(result))


def _carry_out(
    plan: Plan, folds: int, repeats: int, stratified: bool | None, *, quiet: bool
) -> tuple[CrossValidation, dict[str, Any], int]:
    """The cross-validation, the data's encoding, and how many samples stand in no fold."""
    use_threads(plan)
    if plan.settings.replicas > 1:
        mistake = "each fold is one model; choose --set run.replicas=1, and more --repeats"
        raise RunFileError(plan.source, {"run.replicas": mistake})
    parts, settings = build_parts(plan), plan.settings
    monitor = monitor_of(plan, parts.data)
    if settings.patience and monitor != "loss":
        raise RunFileError(
            plan.source,
            {
                "run.patience": f"would end each fold by {monitor} of the very samples that it is "
                'judged by; choose --set run.patience=0, or --set run.monitor="loss"'
            },
        )
    watchers: list[object] = [] if quiet else [ProgressLines()]
    if monitor == "loss":  # as `coreframe train` keeps the epoch that is best by it
        watchers.append(cf.EarlyStopping("loss", settings.patience or None))
    found = cross_validate(
        parts.model,
        parts.data,
        parts.loss,
        parts.optimizer,
        folds=folds,
        repeats=repeats,
        stratified=stratified,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        accumulate=settings.accumulate,
        clip_norm=settings.clip_norm or None,
        schedule=parts.schedule,
        watchers=watchers,
    )
    validation = parts.data.validation
    return found, parts.data.encoding(), 0 if validation is None else len(validation)


def _result(found: CrossValidation, repeats: int) -> dict[str, Any]:
    held_out = found.data.part("validation")
    trained, judged = found.data.train.lengths or (), held_out.lengths or ()
    rows = [
        {
            "repeat": replica // found.folds + 1,
            "fold": replica % found.folds + 1,
            "train": trained[replica],
            "held_out": judged[replica],
            **{name: _finite(scores.values[replica]) for name, scores in found.scores.items()},
        }
        for replica in range(len(judged))
    ]
    figures = {}
    for name, scores in found.scores.items():
        low, high = scores.interval(LEVEL)
        numbers = {"mean": scores.mean, "sd": scores.deviation, "low": low, "high": high}
        figures[name] = {key: _finite(number) for key, number in numbers.items()}
    return {
        "schema": SCHEMA,
        "folds": found.folds,
        "repeats": repeats,
        "level": LEVEL,
        "rows": rows,
        "figures": figures,
    }


def _write(
    folder: RunFolder,
    plan: Plan,
    found: CrossValidation,
    result: dict[str, Any],
    encoding: dict[str, Any],
) -> None:
    folder.begin(plan.toml, encoding)
    cf.save_checkpoint(folder.path / "checkpoints" / "folds.safetensors", found.models)
    text = json.dumps(result, indent=2, allow_nan=False) + "\n"
    (folder.path / "cross-validation.json").write_text(text, encoding="utf-8")
    with (folder.path / "folds.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, result["rows"][0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(result["rows"])


def _text(result: dict[str, Any]) -> str:
    rows = result["rows"]
    headings = [name.replace("_", " ") for name in rows[0]]
    cells = [headings, *[[_show(value) for value in row.values()] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]
    lines.append("")
    for name, figure in result["figures"].items():
        mean, sd, low, high = (_show(figure[key]) for key in ("mean", "sd", "low", "high"))
        lines.append(f"{name}: mean {mean}, sd {sd}, {LEVEL:.0%} interval {low} to {high}")
    return "\n".join(lines)


def _show(value: float | None) -> str:
    if value is None:
        return "not finite"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def _finite(value: float) -> float | None:
    # JSON has no other numbers.
    return value if isfinite(value) else None
