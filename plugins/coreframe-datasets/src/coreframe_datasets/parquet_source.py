"""ParquetSource: a Parquet file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from coreframe_datasets.arrow_column import arrow_column
from coreframe_datasets.column import Column
from coreframe_datasets.table_source import TableSource

__all__ = ["ParquetSource"]

ROWS = 65_536  # in a part
VALUE = 24  # bytes of memory that a number takes on its way
BUFFER = 2**20  # bytes of a column that are read ahead

INDEX = re.compile(r"__index_level_\d+__")  # the name that pandas gives an index


class ParquetSource(TableSource):
    """A Parquet file.

    Raises:
        ArgumentError: for a file that is none, or has one name twice.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  # late: it takes long
        from pyarrow import parquet  # noqa: PLC0415

        try:
            with parquet.ParquetFile(path) as file:
                self.names = file.schema_arrow.names
                self._values: int = file.metadata.num_rows * file.metadata.num_columns
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from None
        self.expect_unique(self.names)

    def default_features(self) -> Sequence[str]:
        return [name for name in self.names if not INDEX.fullmatch(name)]

    def columns(self, names: Sequence[str], text: Collection[str]) -> list[Column]:
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415

        try:
            with parquet.ParquetFile(self.path) as file:
                table = file.read(columns=list(names))
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from None
        return [arrow_column(self, name, table.column(name), text=name in text) for name in names]

    def parts(self, names: Sequence[str], text: Collection[str]) -> Iterator[list[Column]]:
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415

        rows = max(1, ROWS // (1 + len(names) // 16))
        try:
            with parquet.ParquetFile(self.path, buffer_size=BUFFER) as file:
                for batch in file.iter_batches(rows, columns=list(names)):
                    table = pa.Table.from_batches([batch])
                    yield [
                        arrow_column(self, name, table.column(name), text=name in text)
                        for name in names
                    ]
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from None

    @property
    def memory(self) -> int:
        return VALUE * self._values

    def _unreadable(self, error: Exception) -> Exception:
        if isinstance(error, MemoryError):
            return error
        return self.fault(f"is no Parquet that can be read: {str(error).partition(chr(10))[0]}")
