"""The command `coreframe sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import coreframe as cf
from coreframe_search.report import final_report
from coreframe_search.results import SweepResults
from coreframe_search.sweep import sweep as run_sweep
from coreframe_search.sweep_folder import SweepFolder
from coreframe_search.sweep_plan import read_sweep

__all__ = ["sweep"]


def sweep(
    file: Annotated[Path, typer.Argument(metavar="RUN.toml", help="The run file.")],
    *,
    space: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUES",
            help="Values to search: optimizer.lr=[0.01, 0.1], or ={low=0.01, high=0.1, log=true}",
        ),
    ] = None,
    trials: Annotated[int | None, typer.Option(help="How many.", show_default=False)] = None,
    sampler: Annotated[
        str | None, typer.Option(help="tpe, random, grid or qmc.", show_default=False)
    ] = None,
    pruner: Annotated[
        str | None, typer.Option(help="none, median, halving or hyperband.", show_default=False)
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="validation_loss, validation_accuracy or loss.", show_default=False),
    ] = None,
    folds: Annotated[
        int | None, typer.Option(help="Validate on so many folds.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes on this machine.", show_default=False)
    ] = None,
    storage: Annotated[
        str | None, typer.Option(metavar="URL", help="A database that workers share.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="In place of the file's: run.epochs=10"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to.  [default: sweeps/ and the file's name]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what trials.json holds.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Search settings of a run: trials of equal shapes train as one population.

    The same command again goes on with what was interrupted; the same command elsewhere, with one
    --storage, works on the same trials.
    """
    given = {
        "trials": trials,
        "sampler": sampler,
        "pruner": pruner,
        "objective": objective,
        "folds": folds,
        "workers": workers,
        "storage": storage,
    }
    options = [f"sweep.{name}={value}" for name, value in given.items() if value is not None]
    folder = SweepFolder(out or Path("sweeps") / file.stem)
    with cf.plugin_code():
        plan = read_sweep(file, [*(changes or ()), *options], space or ())
        results = run_sweep(plan, folder.path, quiet=quiet)
    if results.interrupted:
        done = len(results.trials)
        typer.echo(
            f"interrupted after {done} of {plan.trials} trials; the same command goes on", err=True
        )
        raise typer.Exit(130)
    typer.echo(folder.json if as_json else final_report(folder, results), nl=not as_json)
    _expect_success(results)


def _expect_success(results: SweepResults) -> None:
    if results.best is None:
        notes = [trial.note for trial in results.trials if trial.note]
        reason = f": {notes[0]}" if notes else ""
        raise cf.ArgumentError(f"no trial of {len(results.trials)} gave a result{reason}")
