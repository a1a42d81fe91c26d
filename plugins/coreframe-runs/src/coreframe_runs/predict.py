"""The command `coreframe predict`."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

import coreframe as cf
from coreframe_runs.options import DeviceOption, ThreadsOption, settings_of
from coreframe_runs.trained import Trained, load_trained

__all__ = ["predict"]

ROWS = 4096  # in one pass


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    file: Annotated[Path, typer.Argument(metavar="DATA", help="A file with the same columns.")],
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A new CSV file.  [default: stdout]")
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="The last epoch in place of the best one.")
    ] = False,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Predict for the rows of a file, as CSV: the prediction, and probabilities of classes."""
    given = settings_of(device=device, threads=threads)
    with cf.plugin_code():
        headings, rows = _predict(load_trained(run, last=last, changes=given), file)
    if out is None:
        _write(sys.stdout, headings, rows)
        return
    try:
        with out.open("x", encoding="utf-8", newline="") as target:
            _write(target, headings, rows)
    except FileExistsError:
        raise cf.ArgumentError(f"{out} exists, and nothing is overwritten") from None
    except OSError as error:
        raise cf.ArgumentError(f"{out} cannot be written: {error}") from error


def _predict(trained: Trained, file: Path) -> tuple[list[str], list[list[str]]]:
    encoding = trained.folder.encoding
    if not encoding:
        raise cf.ArgumentError(
            f"the data of {trained.folder.path} came from no file, so that nobody knows how to read {file}"
        )
    return _predictions(trained, _inputs(trained, file), encoding.get("classes"))


def _inputs(trained: Trained, file: Path) -> Tensor:
    name = trained.plan.components["data"]["name"]
    distribution, _, bare = name.rpartition(".")
    registry = cf.get_registry()
    record = registry.find(bare, kind="dataset", distribution=distribution or None)
    inputs: Tensor = registry.load(record).read_inputs(trained.folder.encoding, str(file))
    first = next(iter(trained.model.param()), None)
    return inputs if first is None else inputs.to(first.value)


def _predictions(
    trained: Trained, x: Tensor, classes: list[str] | None
) -> tuple[list[str], list[list[str]]]:
    loss_plan = dict(trained.plan.components["loss"])
    loss = cf.create("loss", loss_plan.pop("name"), **loss_plan)
    trained.model.eval()
    with torch.inference_mode():
        output = torch.cat([trained.model.forward(part) for part in torch.split(x, ROWS)])
        predicted = loss.predict(output)
        if predicted.is_floating_point():
            values = output.reshape(len(output), -1).tolist()
            names = ["prediction"] if len(values[0]) == 1 else _numbered("prediction", values[0])
            return names, [[repr(number) for number in row] for row in values]
        names = classes or [str(index) for index in range(output.shape[-1])]
        labels = [[names[index]] for index in predicted.tolist()]
        try:
            probabilities = loss.probabilities(output)
        except cf.ArgumentError:  # a loss that does not read outputs so
            return ["prediction"], labels
        if probabilities.dim() == 1 or probabilities.shape[-1] != len(names):
            return ["prediction"], labels
        rows = probabilities.tolist()
    headings = ["prediction", *(f"probability of {name}" for name in names)]
    return headings, [[*label, *map(repr, row)] for label, row in zip(labels, rows, strict=True)]


def _numbered(name: str, row: list[float]) -> list[str]:
    return [f"{name}.{index}" for index in range(len(row))]


def _write(target: object, headings: list[str], rows: list[list[str]]) -> None:
    writer = csv.writer(target, lineterminator="\n")  # type: ignore[arg-type]  # a text stream
    writer.writerow(headings)
    writer.writerows(rows)
