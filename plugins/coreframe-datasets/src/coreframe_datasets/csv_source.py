"""CsvSource: a file of values that commas separate, under a line of names."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from coreframe_datasets.arrow_column import arrow_column
from coreframe_datasets.column import Column, odd_texts
from coreframe_datasets.csv_types import csv_types
from coreframe_datasets.table_source import TableSource

__all__ = ["CsvSource"]

BYTES = 4  # of memory that each byte of the file takes, when it is read whole


class CsvSource(TableSource):
    """A CSV file in UTF-8: commas, a line of names, perhaps quotes and empty lines.

    Raises:
        ArgumentError: for a file without names, or with one name twice.
    """

    guesses_types = True

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._closed = False  # whether each quote is known to be closed
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

    @property
    def memory(self) -> int:
        return BYTES * Path(self.path).stat().st_size

    def columns(self, names: Sequence[str], text: Collection[str]) -> list[Column]:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  # late: it takes long
        from pyarrow import csv as arrow_csv  # noqa: PLC0415

        try:
            table = arrow_csv.read_csv(
                self.path, **_options(names, dict.fromkeys(text, pa.string()))
            )
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from None
        found = self._columns(table, names, text)
        for column in found:
            odd = set() if column.name in text else odd_texts(column.categories)
            if odd:
                codes = [code for code, value in enumerate(column.categories) if value in odd]
                row = column.first_row(codes)
                raise self.odd_text_at(row, column.name, column.text_at(row))
        return found

    def parts(self, names: Sequence[str], text: Collection[str]) -> Iterator[list[Column]]:
        import pyarrow as pa  # noqa: PLC0415

        types = dict.fromkeys(text, pa.string())
        guessed = [name for name in dict.fromkeys(names) if name not in types]
        if guessed:
            written = self._stream(guessed, dict.fromkeys(guessed, pa.binary()))
            types |= csv_types(written, guessed)
        for batch in self._stream(names, types):
            if batch.num_rows:
                yield self._columns(pa.Table.from_batches([batch]), names, text)

    def _stream(self, names: Sequence[str], types: Mapping[str, Any]) -> Iterator[Any]:
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import csv as arrow_csv  # noqa: PLC0415

        try:
            with arrow_csv.open_csv(
                self.path,
                read_options=arrow_csv.ReadOptions(use_threads=False),
                **_options(names, types),
            ) as reader:
                yield from reader
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from None

    def _columns(self, table: Any, names: Sequence[str], text: Collection[str]) -> list[Column]:
        found = [arrow_column(self, name, table.column(name), text=name in text) for name in names]
        for column in found:
            if not self._closed and any("\n" in category for category in column.categories):
                # Perhaps a quote that nothing closes: pyarrow takes all the rest for one value.
                deque(self._lines(), maxlen=0)
                self._closed = True
        return found

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
        if isinstance(error, MemoryError):
            return error
        for line, row in self._lines():
            if len(row) != len(self.names):
                return self.fault(
                    f"has {len(row)} values in line {line} for {len(self.names)} columns"
                )
        if len(list(islice(self._lines(), 2))) < 2:  # pyarrow wants a line break behind the names
            return self.fault("has no rows")
        return self.fault(f"cannot be read: {str(error).partition(chr(10))[0][:200]}")


def _options(names: Sequence[str], types: Mapping[str, Any]) -> dict[str, Any]:
    """How pyarrow is to read these columns, some as given types."""
    from pyarrow import csv as arrow_csv  # noqa: PLC0415

    return {
        "parse_options": arrow_csv.ParseOptions(newlines_in_values=True),
        "convert_options": arrow_csv.ConvertOptions(
            include_columns=list(dict.fromkeys(names)),
            column_types=dict(types),
            strings_can_be_null=True,
        ),
    }
