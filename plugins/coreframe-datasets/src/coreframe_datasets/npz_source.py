"""NpzSource: arrays of numpy by name."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreframe_datasets.column import Column
from coreframe_datasets.table_source import TableSource

__all__ = ["NpzSource"]

FAULTS = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


class NpzSource(TableSource):
    """An NPZ file: an array of one axis is a column, one of two axes is columns name.0, name.1.

    Pickled objects are never loaded.

    Raises:
        ArgumentError: for a file that is none, or has one name twice.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._columns: dict[str, list[str]] = {}
        self._values: dict[str, NDArray[Any]] = {}
        self._refused: dict[str, str] = {}
        try:
            # Opened here, since numpy leaves open what it cannot read.
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                for name in arrays.files:
                    self._add(name, arrays)
        except (*FAULTS, TypeError, AttributeError) as error:  # the last two from a lone array
            cause = "" if isinstance(error, TypeError | AttributeError) else f": {error}"
            raise self.fault(f"is no NPZ that can be read{cause}") from None
        self.names = [column for own in self._columns.values() for column in own]
        self.expect_unique(self.names)

    def _add(self, name: str, arrays: Any) -> None:
        self._columns[name] = [name]
        try:
            array = arrays[name]
        except ValueError as error:
            if "allow_pickle" not in str(error):
                raise
            self._refused[name] = "Python objects, which are not loaded"
            return
        if array.ndim not in (1, 2):
            self._refused[name] = f"{array.ndim} axes; Table takes arrays of one or two"
        elif array.dtype.kind not in "biufUS":
            self._refused[name] = f"{array.dtype}; Table takes numbers, booleans and text"
        elif array.ndim == 1:
            self._values[name] = array
        else:
            self._columns[name] = [f"{name}.{index}" for index in range(array.shape[1])]
            self._values |= zip(self._columns[name], array.T, strict=True)

    def expanded(self, name: str) -> Sequence[str]:
        return self._columns.get(name, super().expanded(name))

    def columns(self, names: Sequence[str], text: Collection[str]) -> list[Column]:
        for name in names:
            if name in self._refused:
                raise self.fault(f"has an array {name!r} of {self._refused[name]}")
            rows, first = len(self._values[name]), len(self._values[names[0]])
            if rows != first:
                raise self.fault(f"has {first} rows in {names[0]!r}, but {rows} in {name!r}")
        return [self._column(name, text=name in text) for name in names]

    def _column(self, name: str, *, text: bool) -> Column:
        values = self._values[name]
        kind = values.dtype.kind
        if kind in "US" or (text and kind in "iu"):
            labels, codes = np.unique(values, return_inverse=True)
            if kind == "S":
                try:
                    labels = np.char.decode(labels, "utf-8")
                except UnicodeDecodeError:
                    raise self.fault(f"has bytes that are no UTF-8 text in {name!r}") from None
            return Column.of_codes(name, codes, labels.astype(str).tolist())
        numbers = values.astype(np.float64)
        return Column(
            name, "real" if kind == "f" else "boolean" if kind == "b" else "integer", numbers
        )
