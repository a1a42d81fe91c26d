"""ParquetSource: a Parquet file."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from coreframe_datasets.arrow_column import arrow_column
from coreframe_datasets.column import Column
from coreframe_datasets.table_source import TableSource

__all__ = ["ParquetSource"]

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

    def _unreadable(self, error: Exception) -> Exception:
        return self.fault(f"is no Parquet that can be read: {str(error).partition(chr(10))[0]}")
