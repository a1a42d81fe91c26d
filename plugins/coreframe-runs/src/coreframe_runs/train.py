"""The command `coreframe train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import coreframe as cf
from coreframe_runs.options import DeviceOption, DtypeOption, ThreadsOption, settings_of
from coreframe_runs.plan import read_plan
from coreframe_runs.report import final_report
from coreframe_runs.run_folder import RunFolder, free_folder
from coreframe_runs.training import resume_run, train_run

__all__ = ["train"]


def train(
    file: Annotated[
        Path | None, typer.Argument(metavar="RUN.toml", help="The run file.", show_default=False)
    ] = None,
    *,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="In place of the file's: optimizer.lr=0.1"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="A new folder.  [default: runs/ and the file's name]"),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Go on with the run of this folder.")
    ] = None,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: ThreadsOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Train what a run file says, or go on with a run that was interrupted.

    A run goes on bit for bit on the device, and with the threads, that it began with. --resume
    takes others, too; the sums are rounded otherwise from there on.
    """
    given = settings_of(changes or (), device=device, dtype=dtype, threads=threads)
    if (file is None) == (resume is None):
        raise typer.BadParameter("give a run file, or --resume with the folder of a run")
    if resume is not None:
        if changes or out or dtype:
            raise typer.BadParameter("--set, --out and --dtype are for a new run")
        if not RunFolder(resume).plan.is_file():
            raise cf.ArgumentError(f"{resume} is no folder of a run: it has no run.toml")
        with cf.plugin_code():
            folder, reason = resume, resume_run(resume, given, quiet=quiet)
    else:
        assert file is not None  # noqa: S101  # one of both is given
        folder = out or free_folder(Path("runs"), file.stem)
        if folder.exists():
            raise cf.ArgumentError(f"{folder} exists, and nothing is overwritten: choose another")
        with cf.plugin_code():
            reason = train_run(read_plan(file, given), folder, quiet=quiet)
    if reason == "Ctrl-C":
        typer.echo(f"interrupted; go on with: coreframe train --resume {folder}", err=True)
        raise typer.Exit(130)
    typer.echo(final_report(RunFolder(folder), reason))
