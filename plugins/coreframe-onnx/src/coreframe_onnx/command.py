"""The command `coreframe export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import coreframe as cf
from coreframe_onnx.model_export import TOLERANCE
from coreframe_onnx.run_export import export_run

__all__ = ["export"]


class Which(StrEnum):
    """The checkpoints of a run."""

    best = "best"
    last = "last"
    previous = "previous"


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    file: Annotated[Path, typer.Argument(metavar="MODEL.onnx", help="The file to write.")],
    *,
    checkpoint: Annotated[
        Which | None,
        typer.Option(help="Which model.  [default: the best, or last]", show_default=False),
    ] = None,
    input_shape: Annotated[
        str | None,
        typer.Option(metavar="N,N,…", help="Of one sample, if the data are gone."),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(help="How far outputs may be off, as a share of 1 + |y|.")
    ] = TOLERANCE,
) -> None:
    """Write a trained run as an ONNX file, verified in onnxruntime."""
    shape = None if input_shape is None else _shape(input_shape)
    with cf.plugin_code():
        off = export_run(run, file, checkpoint=checkpoint, input_shape=shape, tolerance=tolerance)
    typer.echo(f"{file} is written; onnxruntime is off by at most {off:.1g} of 1 + |output|")


def _shape(text: str) -> tuple[int, ...]:
    try:
        shape = tuple(int(size) for size in text.split(",") if size.strip())
    except ValueError:
        shape = (0,)
    if any(size < 1 for size in shape):
        raise typer.BadParameter(
            f"must be positive integers with commas between, such as 1,8,8, got {text!r}",
            param_hint="--input-shape",
        )
    return shape
