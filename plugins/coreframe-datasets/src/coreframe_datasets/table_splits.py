"""loaded_splits, streamed_splits: the rows of a table, dealt out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch
from torch import Generator, Tensor

from coreframe import ArgumentError, Split, Subset, TensorSplit
from coreframe_datasets.mapped_table import MappedTable
from coreframe_datasets.repeated import repeated_rows
from coreframe_datasets.row_cache import cached_rows
from coreframe_datasets.row_writer import RowWriter
from coreframe_datasets.seeds import Splits, for_each_seed, generators_of
from coreframe_datasets.stratified import Shares, stratified_rows
from coreframe_datasets.table_fit import TableFit
from coreframe_datasets.table_rows import TableRows, rows_of
from coreframe_datasets.table_source import TableSource
from coreframe_datasets.table_target import TableTarget
from coreframe_datasets.targets import targets_of

__all__ = ["TableSettings", "TableSplits", "loaded_splits", "streamed_splits"]


@dataclass(frozen=True)
class TableSettings:
    """What a table is asked to do with its rows; see `Table`."""

    shares: Shares
    task: str | None
    one_hot: bool
    standardize: bool
    fill: bool
    keep_repeated: bool
    seed: int | Sequence[int]


@dataclass(frozen=True)
class TableSplits:
    """The rows of a table, dealt out.

    Attributes:
        splits: by name.
        rows: how rows become inputs.
        fits: what the training samples of each replica decided about inputs.
        classes: their names; None if targets are numbers.
    """

    splits: Mapping[str, Split]
    rows: TableRows
    fits: list[TableFit]
    classes: Sequence[str] | None


def loaded_splits(
    source: TableSource, given: Sequence[str], wanted: Sequence[str], settings: TableSettings
) -> TableSplits:
    """The splits of a table that lies in memory."""
    columns = source.read([*given, *wanted])
    goal = TableTarget.of(source, columns[len(given) :], settings.task)
    _expect_one_hot(settings, goal.classes)
    rows = rows_of(source, columns[: len(given)])
    x = rows.tensor(source, columns[: len(given)], refuse=not settings.fill)
    labels = torch.zeros(len(x), dtype=torch.int64) if goal.classes is None else goal.values
    targets = goal.values
    if goal.classes is not None:
        targets = targets_of(labels, len(goal.classes), one_hot=settings.one_hot)
    # No input is infinite, so that this makes rows equal which miss the same values.
    repeated = repeated_rows(x.nan_to_num(nan=torch.inf)) if settings.keep_repeated else labels < 0
    fits: list[TableFit] = []

    def deal(generator: Generator) -> Splits:
        chosen = _dealt(settings, labels, repeated, goal.classes, generator)
        train = chosen["train"]

        def samples(fit: TableFit) -> Split:
            return TensorSplit(fit.apply(x[train]), targets[train])

        fit = TableFit.on(samples, rows, fill=settings.fill, standardize=settings.standardize)
        fits.append(fit)
        return {name: (fit.apply(x[own]), targets[own]) for name, own in chosen.items()}

    splits = for_each_seed("Table", settings.seed, deal)
    return TableSplits(splits, rows, fits, goal.classes)


def streamed_splits(
    source: TableSource, given: Sequence[str], wanted: Sequence[str], settings: TableSettings
) -> TableSplits:
    """The same splits of a table that lies on the disk."""
    generators, replicas = generators_of("Table", settings.seed)
    writer = RowWriter(source, given, wanted, settings.task, refuse=not settings.fill)
    versions = [version("coreframe-datasets"), version("pyarrow")]
    kept_by: list[Any] = [list(given), list(wanted), settings.task, settings.fill, versions]
    dtype = str(torch.get_default_dtype())
    table = MappedTable(
        cached_rows(source, [*kept_by, dtype], writer.write), one_hot=settings.one_hot
    )
    _expect_one_hot(settings, table.classes)
    labels, repeated = table.labels, table.repeated
    if not settings.keep_repeated:
        repeated.zero_()
    fits: list[TableFit] = []
    dealt: list[dict[str, Tensor]] = []
    for generator in generators:
        chosen = _dealt(settings, labels, repeated, table.classes, generator)
        train = chosen["train"]

        def samples(fit: TableFit, train: Tensor = train) -> Split:
            return Subset(table.fitted([fit]), train)

        fits.append(
            TableFit.on(samples, table.rows, fill=settings.fill, standardize=settings.standardize)
        )
        dealt.append(chosen)
    fitted = table.fitted(fits)
    splits: dict[str, Split] = {}
    for name in dealt[0]:
        rows = [chosen[name] + len(labels) * number for number, chosen in enumerate(dealt)]
        splits[name] = Subset(fitted, rows if replicas else rows[0])
    return TableSplits(splits, table.rows, fits, table.classes)


def _dealt(
    settings: TableSettings,
    labels: Tensor,
    repeated: Tensor,
    classes: Sequence[str] | None,
    generator: Generator,
) -> dict[str, Tensor]:
    names = [f"class {name!r}" for name in classes or []] or ["a table"]
    return stratified_rows(repeated, labels, settings.shares, generator, names)


def _expect_one_hot(settings: TableSettings, classes: Sequence[str] | None) -> None:
    if settings.one_hot and classes is None:
        raise ArgumentError("Table: one_hot is for classes, and these targets are numbers")
