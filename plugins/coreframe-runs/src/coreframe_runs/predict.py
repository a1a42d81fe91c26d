"""The command `coreframe predict`."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Annotated, TextIO

import torch
import typer
from torch import Tensor

import coreframe as cf
from coreframe_runs.options import DeviceOption, ThreadsOption, settings_of
from coreframe_runs.trained import Trained, load_trained

__all__ = ["predict"]

ROWS = 4096  # in one pass

Table = tuple[list[str], list[list[str]]]
"""Headings, and the rows below them."""


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
    tables = _quietly(_tables(run, file, last=last, changes=given))
    if out is None:
        try:
            _write(sys.stdout, tables)
            sys.stdout.flush()
        except BrokenPipeError:  # nobody reads on
            raise
        except OSError as error:
            raise cf.ArgumentError(f"stdout cannot be written: {error.strerror}") from error
        return
    if out.exists():
        raise cf.ArgumentError(f"{out} exists, and nothing is overwritten")
    first = next(tables)  # before anything is written: most mistakes show here
    beside = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        with beside.open("x", encoding="utf-8", newline="") as target:
            _write(target, chain([first], tables))
        beside.rename(out)
    except OSError as error:
        raise cf.ArgumentError(f"{out} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            beside.unlink()


def _quietly(tables: Iterator[Table]) -> Iterator[Table]:
    """What plugins print while they make a table goes to standard error."""
    while True:
        with cf.plugin_code():
            table = next(tables, None)
        if table is None:
            return
        yield table


def _tables(run: Path, file: Path, *, last: bool, changes: Sequence[str]) -> Iterator[Table]:
    """The predictions, for some rows after another: the file may be larger than memory."""
    trained = load_trained(run, last=last, changes=changes)
    encoding = trained.folder.encoding
    if not encoding:
        raise cf.ArgumentError(
            f"the data of {trained.folder.path} came from no file, so that nobody knows how to "
            f"read {file}"
        )
    plan = dict(trained.plan.components["loss"])
    loss = cf.create("loss", plan.pop("name"), **plan)
    trained.model.eval()
    for inputs in _inputs(trained, file):
        for x in torch.split(inputs, ROWS):
            with torch.inference_mode():
                yield _predictions(trained.model, loss, x, encoding.get("classes"))


def _inputs(trained: Trained, file: Path) -> Iterator[Tensor]:
    name = trained.plan.components["data"]["name"]
    distribution, _, bare = name.rpartition(".")
    registry = cf.get_registry()
    record = registry.find(bare, kind="dataset", distribution=distribution or None)
    first = next(iter(trained.model.param()), None)
    for inputs in registry.load(record).stream_inputs(trained.folder.encoding, str(file)):
        yield inputs if first is None else inputs.to(first.value)


def _predictions(model: cf.Module, loss: cf.Loss, x: Tensor, classes: list[str] | None) -> Table:
    if model.replicas:
        return _of_ensemble(cf.Ensemble(model, loss).predict(x), classes)
    output = model.forward(x)
    predicted = loss.predict(output)
    if predicted.is_floating_point():
        return _values(output)
    try:
        probabilities = loss.probabilities(output)
    except cf.ArgumentError:  # a loss that does not read outputs so
        probabilities = None
    return _classes(predicted, probabilities, classes or _indices(output))


def _of_ensemble(found: cf.EnsemblePrediction, classes: list[str] | None) -> Table:
    """As of one model, with a column more: how far the replicas differ, as a deviation.

    Of classes it is that of the predicted one's probability, of several values one each.
    """
    spread = found.spread.reshape(len(found.spread), -1)
    if found.predicted.is_floating_point():
        headings, rows = _values(found.mean)
        names = ["spread"] if spread.shape[1] == 1 else _numbered("spread", rows[0])
    else:
        mean = found.mean if found.is_probabilistic else None
        headings, rows = _classes(found.predicted, mean, classes or _indices(found.mean))
        names = ["spread"]
        if spread.shape[1] > 1:
            spread = spread.gather(1, found.predicted.unsqueeze(1))
    joined = [[*row, *map(repr, own)] for row, own in zip(rows, spread.tolist(), strict=True)]
    return [*headings, *names], joined


def _values(output: Tensor) -> Table:
    values = output.reshape(len(output), -1).tolist()
    names = ["prediction"] if len(values[0]) == 1 else _numbered("prediction", values[0])
    return names, [[repr(number) for number in row] for row in values]


def _classes(predicted: Tensor, probabilities: Tensor | None, names: list[str]) -> Table:
    labels = [[names[index]] for index in predicted.tolist()]
    if probabilities is None or probabilities.dim() == 1 or probabilities.shape[-1] != len(names):
        return ["prediction"], labels
    headings = ["prediction", *(f"probability of {name}" for name in names)]
    rows = probabilities.tolist()
    return headings, [[*label, *map(repr, row)] for label, row in zip(labels, rows, strict=True)]


def _indices(output: Tensor) -> list[str]:
    return [str(index) for index in range(output.shape[-1])]


def _numbered(name: str, row: Sequence[object]) -> list[str]:
    return [f"{name}.{index}" for index in range(len(row))]


def _write(target: TextIO, tables: Iterator[Table]) -> None:
    """Write tables of the same headings as one."""
    writer = csv.writer(target, lineterminator="\n")
    for number, (headings, rows) in enumerate(tables):
        if not number:
            writer.writerow(headings)
        writer.writerows(rows)
