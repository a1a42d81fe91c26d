"""TableTarget: columns of a table as targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from coreframe import ArgumentError
from coreframe_datasets.column import Column
from coreframe_datasets.table_source import TableSource

__all__ = ["TableTarget", "are_classes", "expect_target"]


@dataclass(frozen=True)
class TableTarget:
    """Columns of a table as targets.

    Args:
        values: class indices (samples,), int64, or numbers (samples, n).
        classes: their names in the order of the indices; None if targets are numbers.
    """

    values: Tensor
    classes: Sequence[str] | None

    @classmethod
    def of(
        cls,
        source: TableSource,
        columns: Sequence[Column],
        task: str | None,
        start: int = 0,
    ) -> TableTarget:
        """One column of text, integers or booleans as classes, others as numbers; or as `task` says.

        `start` rows of the file stand before these.

        Raises:
            ArgumentError: for a value that is missing or infinite, for text as numbers, for
                several columns as classes, or for a single class.
        """
        for column in columns:
            expect_target(source, column, start)
        named = " and ".join(repr(column.name) for column in columns)
        guessed = task is None
        if are_classes(columns, task):
            if guessed and columns[0].kind == "integer":
                _expect_classes(source, columns[0])
            if len(columns) > 1:
                raise ArgumentError(
                    f"Table: the targets {named} cannot all be classes; classification takes one"
                )
            return _classes(source, columns[0])
        for column in columns:
            if column.kind == "text":
                raise ArgumentError(
                    f"Table: the target {column.name!r} is text, and regression takes numbers"
                )
        return cls(torch.stack([_numbers(source, column, start) for column in columns], -1), None)


def expect_target(source: TableSource, column: Column, start: int = 0) -> None:
    """Raise if a target is missing.

    Raises:
        ArgumentError: naming row and column.
    """
    if column.missing.any():
        row = int(column.missing.argmax())
        raise source.fault_at(start + row, column.name, "the target is missing")


def are_classes(columns: Sequence[Column], task: str | None) -> bool:
    """Whether these targets are classes: as `task` says, or as they look."""
    if task is None:
        return len(columns) == 1 and columns[0].kind != "real"
    return task == "classification"


def _numbers(source: TableSource, column: Column, start: int = 0) -> Tensor:
    values = torch.from_numpy(column.values).to(torch.get_default_dtype())
    infinite = values.isinf()
    if bool(infinite.any()):
        row = int(infinite.int().argmax())
        says = f"the target {column.values[row]} is infinite in {values.dtype}"
        raise source.fault_at(start + row, column.name, says)
    return values


def _expect_classes(source: TableSource, column: Column) -> None:
    """Raise for integers that are rather numbers, as far as that can be seen."""
    found, counts = np.unique(column.values, return_counts=True)
    if counts.min() == 1:
        raise source.fault(
            f"has the integer {int(found[counts.argmin()])} only once among {len(found)} classes in "
            f'column {column.name!r}; task="regression" takes integers as numbers'
        )


def _classes(source: TableSource, column: Column) -> TableTarget:
    found, indices = np.unique(column.values, return_inverse=True)
    if column.kind == "text":
        names = list(column.categories)
    elif column.kind == "boolean":
        names = [str(bool(value)).lower() for value in found]  # as JSON writes them
    else:
        _numbers(source, column)
        names = [str(int(v)) if v.is_integer() else repr(v) for v in found.tolist()]
    if len(names) < 2:
        raise source.fault(f"has one class alone in column {column.name!r}: {names[0]!r}")
    return TableTarget(torch.from_numpy(indices.astype(np.int64)), names)
