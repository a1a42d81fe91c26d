"""TableRows: the rows of a table as inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from coreframe_datasets.column import Column, is_number
from coreframe_datasets.table_source import TableSource

__all__ = [
    "MOST",
    "TableRows",
    "expect_present",
    "rows_of",
    "too_many",
    "write_categories",
    "write_number",
]

MOST = 1000  # categories of a column; more are rather names of the samples
SHOWN = 8  # categories in a message


@dataclass(frozen=True)
class TableRows:
    """Which numbers the inputs are: columns of numbers, and a column for each category.

    Args:
        columns: of the file, by name; with the categories of text, None of numbers.
    """

    columns: Mapping[str, Sequence[str] | None]

    @property
    def inputs(self) -> list[str]:
        """The name of each number of an input."""
        return [
            label
            for name, categories in self.columns.items()
            for label in ([name] if categories is None else [f"{name}={c}" for c in categories])
        ]

    @property
    def text(self) -> list[str]:
        """The columns that are of text."""
        return [name for name, categories in self.columns.items() if categories is not None]

    @property
    def blocks(self) -> list[slice]:
        """Where the inputs of each column stand."""
        found, start = [], 0
        for categories in self.columns.values():
            width = 1 if categories is None else len(categories)
            found.append(slice(start, start + width))
            start += width
        return found

    def tensor(
        self, source: TableSource, columns: Sequence[Column], *, refuse: bool, start: int = 0
    ) -> Tensor:
        """Inputs (samples, n) of torch's default dtype, NaN where a value is missing.

        `start` rows of the file stand before these.

        Raises:
            ArgumentError: naming row and column of a value that is missing, if these are refused,
                or is infinite, no number, or a category that is not among the known ones.
        """
        x = torch.zeros(len(columns[0].values), self.blocks[-1].stop)
        for column, categories, block in zip(
            columns, self.columns.values(), self.blocks, strict=True
        ):
            if refuse:
                expect_present(source, column, start)
            if categories is None:
                write_number(x[:, block.start], source, column, start)
            else:
                known = {category: index for index, category in enumerate(categories)}
                codes = torch.from_numpy(_codes(source, column, known, start))
                write_categories(x[:, block], codes)
        return x

    def to_json(self) -> dict[str, list[Any]]:
        """The columns, and the names of the inputs."""
        columns = [
            {"name": name} if categories is None else {"name": name, "categories": list(categories)}
            for name, categories in self.columns.items()
        ]
        return {"columns": columns, "inputs": self.inputs}

    @classmethod
    def from_json(cls, encoding: Mapping[str, Any]) -> Self:
        """What `to_json` gave.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: for anything else.
        """
        columns = {column["name"]: column.get("categories") for column in encoding["columns"]}
        if not columns:
            raise ValueError("no columns")
        return cls(columns)


def expect_present(source: TableSource, column: Column, start: int = 0) -> None:
    """Raise if a value is missing.

    Raises:
        ArgumentError: naming row and column.
    """
    if column.missing.any():
        row, says = int(column.missing.argmax()), "the value is missing"
        raise source.fault_at(start + row, column.name, f'{says}; missing="mean" would fill it in')


def write_number(x: Tensor, source: TableSource, column: Column, start: int = 0) -> None:
    """Write a column of numbers to `x` (samples,), NaN where a value is missing.

    Raises:
        ArgumentError: for text, and for what is infinite in the dtype of `x`.
    """
    if column.kind == "text" and len(column.categories):
        raise _no_number(source, column.name)
    values = np.full(len(x), np.nan) if column.kind == "text" else column.values
    x.copy_(torch.from_numpy(np.ascontiguousarray(values)))
    infinite = x.isinf()
    if bool(infinite.any()):
        row = int(infinite.int().argmax())
        says = f"{values[row]} is infinite" if np.isinf(values[row]) else f"{values[row]} overflows"
        raise source.fault_at(start + row, column.name, f"{says} in {x.dtype}")


def _no_number(source: TableSource, name: str) -> Exception:
    """An error about the first text in a column that is no number, or else about its first."""
    first: tuple[int, str] | None = None
    for start, (column,) in source.stream([name]):
        codes = range(len(column.categories))
        odd = [code for code in codes if not is_number(column.categories[code])]
        if odd or (codes and first is None):
            row = column.first_row(odd or codes)
            first = start + row, column.text_at(row)
        if odd:
            break
    row, text = first or (0, "")
    return source.fault_at(row, name, f"{text!r} is no number, as it was in training")


def write_categories(x: Tensor, codes: Tensor) -> None:
    """Write 1 at each sample's category to `x` (samples, categories), NaN at all for code -1."""
    x[codes < 0] = torch.nan
    present = (codes >= 0).nonzero().squeeze(-1)
    x[present, codes[present]] = 1


def _codes(
    source: TableSource, column: Column, known: Mapping[str, int], start: int
) -> NDArray[np.int64]:
    """The index of each row's category among the known ones, -1 where it is missing."""
    # The last place is for the index of a missing value, -1.
    place = np.array([*(known.get(c, -2) for c in column.categories), -1])
    places: NDArray[np.int64] = place[column.values]
    if (places == -2).any():
        row = int((places == -2).argmax())
        value = column.text_at(row)
        names = ", ".join(repr(category) for category in list(known)[:SHOWN])
        more = ", …" if len(known) > SHOWN else ""
        raise source.fault_at(
            start + row, column.name, f"{value!r} was not there in training, but {names}{more}"
        )
    return places


def rows_of(source: TableSource, columns: Sequence[Column]) -> TableRows:
    """How these columns, which are to be trained on, become inputs.

    Raises:
        ArgumentError: for more categories than there can be inputs for.
    """
    for column in columns:
        if len(column.categories) > MOST:
            raise too_many(source, column.name)
        if column.kind == "text" and not column.categories:
            raise source.fault(f"has no value in column {column.name!r}")
    return TableRows({c.name: list(c.categories) if c.kind == "text" else None for c in columns})


def too_many(source: TableSource, name: str) -> Exception:
    """An error about a column of more texts than there can be inputs for."""
    return source.fault(
        f"has more than {MOST} different texts in column {name!r}, which are no categories: name "
        "the features without it"
    )
