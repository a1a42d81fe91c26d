"""Options of the commands that say how a run computes: --device, --dtype, --threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import typer

from coreframe_runs.device import device_fault
from coreframe_runs.settings import MOST_THREADS, Settings

__all__ = ["DeviceOption", "DtypeOption", "ThreadsOption", "settings_of"]


def _device(value: str | None) -> str | None:
    if value is not None and (fault := device_fault(value)):
        raise typer.BadParameter(fault)
    return value


def _dtype(value: str | None) -> str | None:
    fault = None if value is None else Settings(dtype=value).mistakes().get("dtype")
    if fault:
        raise typer.BadParameter(fault)
    return value


def _threads(value: int | None) -> int | None:
    if value is not None and not 1 <= value < MOST_THREADS:
        raise typer.BadParameter(f"must be from 1 to {MOST_THREADS - 1}, got {value}")
    return value


DeviceOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="DEVICE",
        callback=_device,
        show_default=False,
        help="Where to compute: cpu, cuda or cuda:1.  [default: as the run says]",
    ),
]

DtypeOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--dtype",
        metavar="DTYPE",
        callback=_dtype,
        show_default=False,
        help="What numbers to compute with: float32 or float64.  [default: as the run says]",
    ),
]

ThreadsOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="NUMBER",
        callback=_threads,
        show_default=False,
        help="How many processor threads to use.  [default: as the run says]",
    ),
]


def settings_of(
    changes: Sequence[str] = (),
    *,
    device: str | None = None,
    dtype: str | None = None,
    threads: int | None = None,
) -> list[str]:
    """What these options and `--set` change in a run file, as `--set` writes it.

    Raises:
        BadParameter: if a setting is given both ways.
    """
    given = {"device": device, "dtype": dtype, "threads": threads}
    options = {f"run.{name}": value for name, value in given.items() if value is not None}
    for change in changes:
        key = change.partition("=")[0].strip()
        if key in options:
            raise typer.BadParameter(
                f"--{key.removeprefix('run.')} and --set {key} are one too many"
            )
    return [*changes, *(f"{key}={value}" for key, value in options.items())]
