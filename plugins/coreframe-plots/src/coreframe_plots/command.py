"""The command `coreframe plot`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coreframe import ArgumentError
from coreframe_plots.curves import draw_curves
from coreframe_plots.drawn_run import read_runs
from coreframe_plots.picture import FORMATS, expect_replaceable, save_picture

__all__ = ["plot"]

NAME = "curves.png"


def plot(
    folders: Annotated[list[Path], typer.Argument(metavar="RUNS...", help="Folders of runs.")],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"A .png, .svg or .pdf file.  [default: {NAME}, of one run in its folder figures]",
        ),
    ] = None,
    figures: Annotated[
        list[str] | None,
        typer.Option(
            "--figure", metavar="NAME", help="Only this figure, such as loss; may be repeated."
        ),
    ] = None,
    log_scale: Annotated[
        bool, typer.Option("--log-scale", help="A logarithmic axis for losses.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write over a file that is no plot.")
    ] = False,
) -> None:
    """Draw losses and accuracies of runs, epoch by epoch."""
    if out is not None and out.suffix.lower() not in FORMATS:
        raise typer.BadParameter(f"--out {out} must end with {', '.join(FORMATS)}")
    runs = read_runs(folders)
    page = draw_curves(runs, figures or (), log_scale=log_scale)
    path = out or _default(folders, len(runs))
    if not overwrite:
        expect_replaceable(path)
    save_picture(page, path)
    typer.echo(f"{path} is written")


def _default(folders: list[Path], runs: int) -> Path:
    if runs > 1:
        return Path(NAME)
    place = folders[0] / "figures"
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise ArgumentError(f"{place} cannot be made: {error.strerror}; choose --out") from error
    return place / NAME
