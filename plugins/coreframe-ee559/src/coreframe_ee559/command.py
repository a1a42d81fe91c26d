"""The command `coreframe reproduce`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from coreframe_ee559.findings import findings_markdown
from coreframe_ee559.output_folder import prepare_folder
from coreframe_ee559.progress import track
from coreframe_ee559.record import write_study
from coreframe_ee559.settings import StudySettings
from coreframe_ee559.study import count_epochs, run_study

__all__ = ["reproduce"]


def reproduce(
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="A minute's version: a small grid, 30 epochs.")
    ] = False,
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", help="From which all random numbers follow.")
    ] = 0,
    repeats: Annotated[
        int | None,
        typer.Option(min=2, metavar="N", help="Trainings per network for Table II.  [default: 30]"),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Passes over the data.  [default: 100]"),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where tables and figures are written.")
    ] = Path("results"),
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Processes; changes no result.  [default: all cores]"
        ),
    ] = None,
) -> None:
    """Run the report's study: grid search, repeats, tables and figures.

    For each activation function and each reading of the report's network: 5-fold
    cross-validation of 120 settings (Table I), then 30 trainings at the report's settings
    (Table II, Figures 1 to 4, and the learned decision boundary).
    """
    settings = StudySettings.quick(seed) if quick else StudySettings(seed=seed)
    settings = replace(
        settings, repeats=repeats or settings.repeats, epochs=epochs or settings.epochs
    )
    prepare_folder(out)  # before the work, not after it
    processes = jobs or os.cpu_count() or 1
    with track("trainings", count_epochs(settings)) as advance:
        results = run_study(settings, processes, advance)
    write_study(results, out, processes)
    typer.echo(findings_markdown(results))
    typer.echo(f"Tables and figures are in {out}, after {results.seconds:.0f} s.")
