"""CsvSource: a file of values that commas separate, under a line of names."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from coreframe_datasets.arrow_column import arrow_column
from coreframe_datasets.column import Column, is_number
from coreframe_datasets.table_source import TableSource

__all__ = ["CsvSource"]

CODES = 10  # so many integers may be the codes of categories; more are measured


class CsvSource(TableSource):
    """A CSV file in UTF-8: commas, a line of names, perhaps quotes and empty lines.

    Raises:
        ArgumentError: for a file without names, or with one name twice.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        _, header = next(self._lines(), (0, []))
        if not header:
            raise self.fault("is empty")
        self.names = header
        self.expect_unique(header)
        if len(header) == 1:
            for mark, word in ((";", "semicolons"), ("\t", "tabs")):
                if mark in header[0]:
                    raise self.fault(f"has {word} between its columns; Table takes commas")

    def default_features(self) -> Sequence[str]:
        for position, name in enumerate(self.names, 1):
            if not name.strip():  # what pandas writes over an index
                raise self.fault(
                    f"has no name over column {position}, which may be an index: name the features"
                )
        return self.names

    def place(self, row: int) -> str:
        for index, (line, _) in enumerate(self._lines()):
            if index == row + 1:
                return f"line {line}"
        return super().place(row)

    def columns(self, names: Sequence[str], text: Collection[str]) -> list[Column]:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  # late: it takes long
        from pyarrow import csv as arrow_csv  # noqa: PLC0415

        try:
            table = arrow_csv.read_csv(
                self.path,
                parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=list(dict.fromkeys(names)),
                    column_types=dict.fromkeys(text, pa.string()),
                    strings_can_be_null=True,
                ),
            )
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from None
        found = [arrow_column(self, name, table.column(name), text=name in text) for name in names]
        for column in found:
            if any("\n" in category for category in column.categories):
                # Perhaps a quote that nothing closes: pyarrow takes all the rest for one value.
                deque(self._lines(), maxlen=0)
            if column.kind == "text" and column.name not in text:
                self._expect_categories(column)
        return found

    def _expect_categories(self, column: Column) -> None:
        """Raise for measurements among which one is no number: they look like text."""
        numbers = {value for value in column.categories if is_number(value)}
        measured = len(numbers) > CODES or not all(n.lstrip("+-").isdigit() for n in numbers)
        if measured and 2 * len(numbers) > len(column.categories):
            odd = [code for code, v in enumerate(column.categories) if v not in numbers]
            row = column.first_row(odd)
            says = f"{column.text_at(row)!r} is no number, as the others are"
            raise self.fault_at(row, column.name, says)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that is not empty, the names too, with the line at which it begins."""
        line = 1
        try:
            with open(self.path, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123  # text
                reader = csv.reader(file, strict=True)
                for row in reader:
                    if row:
                        yield line, row
                    line = reader.line_num + 1
        except UnicodeDecodeError:
            raise self.fault("is no text in UTF-8") from None
        except csv.Error as error:
            if "end of data" in str(error):
                raise self.fault(f"has a quote after line {line - 1} that nothing closes") from None
            raise self.fault(f"is no CSV that can be read: {error}") from None
        except OSError as error:
            raise self.fault(f"cannot be read: {error.strerror}") from None

    def _unreadable(self, error: Any) -> Exception:
        for line, row in self._lines():
            if len(row) != len(self.names):
                return self.fault(
                    f"has {len(row)} values in line {line} for {len(self.names)} columns"
                )
        return self.fault(f"cannot be read: {str(error).partition(chr(10))[0][:200]}")
