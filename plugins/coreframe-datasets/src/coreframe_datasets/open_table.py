"""open_table: a file of columns, by its suffix."""

from __future__ import annotations

from pathlib import Path

from coreframe import ArgumentError
from coreframe_datasets.csv_source import CsvSource
from coreframe_datasets.npz_source import NpzSource
from coreframe_datasets.parquet_source import ParquetSource
from coreframe_datasets.table_source import TableSource

__all__ = ["open_table"]

SOURCES: dict[str, type[TableSource]] = {
    ".csv": CsvSource,
    ".parquet": ParquetSource,
    ".npz": NpzSource,
}


def open_table(path: object) -> TableSource:
    """The file at a path.

    Raises:
        ArgumentError: if there is none, or none of a kind that is read.
    """
    if not isinstance(path, str):
        raise ArgumentError(f"Table: path must be a string, got {path!r}")
    file = Path(path)
    try:
        folder, there = file.is_dir(), file.is_file()
        size = file.stat().st_size if there else 0
    except OSError as error:
        raise ArgumentError(f"Table: {path} cannot be read: {error.strerror}") from None
    if folder:
        raise ArgumentError(f"Table: {path} is a folder, not a file")
    source = SOURCES.get(file.suffix.lower())
    if source is None:
        *most, last = SOURCES
        raise ArgumentError(
            f"Table reads files that end in {', '.join(most)} or {last}, got {path!r}"
        )
    if not there:
        where = "" if file.is_absolute() else f" in {Path.cwd()}"
        raise ArgumentError(f"Table: there is no file {path!r}{where}")
    if not size:
        raise ArgumentError(f"Table: {path} is empty")
    return source(path)
