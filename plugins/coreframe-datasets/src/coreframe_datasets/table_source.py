"""TableSource: a file of columns."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from coreframe import ArgumentError
from coreframe_datasets.column import Column

__all__ = ["TablePart", "TableSource"]

SHOWN = 8  # names in a message


class TablePart(NamedTuple):
    """Some rows of a file that follow each other.

    Attributes:
        start: how many rows stand before them.
        columns: in the order that they were asked for.
    """

    start: int
    columns: list[Column]


class TableSource(ABC):
    """A file of columns that have names and equally many rows."""

    names: Sequence[str]
    """Of its columns, in the order of the file."""

    guesses_types = False
    """Whether what a column holds is only seen from its values."""

    def __init__(self, path: str) -> None:
        self.path = path

    @abstractmethod
    def columns(self, names: Sequence[str], text: Collection[str]) -> list[Column]:
        """The columns of these names, those in `text` as text whatever they look like."""

    @abstractmethod
    def parts(self, names: Sequence[str], text: Collection[str]) -> Iterator[list[Column]]:
        """As `columns`, a part of the rows after another.

        Each has the kinds that columns have as a whole, but the categories of its own rows.
        """

    @property
    @abstractmethod
    def memory(self) -> int:
        """About how many bytes of memory it takes to read all of it at once."""

    def place(self, row: int) -> str:
        """Where a row stands, as a person counts."""
        return f"row {row + 1}"

    def expanded(self, name: str) -> Sequence[str]:
        """The names of the columns that a name stands for."""
        return [name] if name in self.names else []

    def default_features(self) -> Sequence[str]:
        """The columns that may be features unasked."""
        return self.names

    def find(self, names: Sequence[str]) -> list[str]:
        """The columns that these names stand for.

        Raises:
            ArgumentError: for a name of no column, with those that are nearest.
        """
        found: list[str] = []
        for name in names:
            own = self.expanded(name)
            if not own:
                near = difflib.get_close_matches(name, self.names, n=3)
                known = ", ".join(repr(other) for other in near or self.names[:SHOWN])
                more = "" if near or len(self.names) <= SHOWN else ", …"
                says = "the nearest are" if near else "it has"
                raise self.fault(f"has no column {name!r}; {says} {known}{more}")
            found += own
        return found

    def read(self, names: Sequence[str], text: Collection[str] = ()) -> list[Column]:
        """The columns of these names, of one row or more.

        Raises:
            ArgumentError: if the file cannot be read, or holds what are no numbers and no text.
        """
        columns = self.columns(names, text)
        if not len(columns[0].values):
            raise self.fault("has no rows")
        return columns

    def stream(self, names: Sequence[str], text: Collection[str] = ()) -> Iterator[TablePart]:
        """As `read`, a part of the rows after another, so that memory holds one."""
        start = 0
        for columns in self.parts(names, text):
            if len(columns[0].values):
                yield TablePart(start, columns)
                start += len(columns[0].values)
        if not start:
            raise self.fault("has no rows")

    def fault(self, says: str) -> ArgumentError:
        """An error about the file."""
        return ArgumentError(f"Table: {self.path} {says}")

    def fault_at(self, row: int, column: str, says: str) -> ArgumentError:
        """An error about one value."""
        return ArgumentError(f"Table: {self.path}, {self.place(row)}, column {column!r}: {says}")

    def odd_text_at(self, row: int, column: str, text: str) -> ArgumentError:
        """An error about a text among measurements."""
        return self.fault_at(row, column, f"{text!r} is no number, as the others are")

    def expect_unique(self, names: Sequence[str]) -> None:
        """Raise if two columns have the same name.

        Raises:
            ArgumentError: naming it.
        """
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise self.fault(f"has two columns of the name {name!r}; rename one")
            seen.add(name)
