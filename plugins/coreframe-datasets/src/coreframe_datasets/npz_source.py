"""NpzSource: arrays of numpy by name."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreframe_datasets.column import Column
from coreframe_datasets.npz_array import NpzArray
from coreframe_datasets.table_source import TableSource

__all__ = ["NpzSource"]

FAULTS = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)
ROWS = 65_536  # in a part
VALUE = 24  # bytes of memory that a number takes on its way


class NpzSource(TableSource):
    """An NPZ file: an array of one axis is a column, one of two axes is columns name.0, name.1.

    Pickled objects are never loaded.

    Raises:
        ArgumentError: for a file that is none, or has one name twice.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._columns: dict[str, list[str]] = {}
        self._arrays: dict[str, NpzArray] = {}  # those that have columns
        self._refused: dict[str, str] = {}
        self._place: dict[str, tuple[str, int]] = {}  # array and position of each column
        try:
            with zipfile.ZipFile(path) as file:
                for member in file.namelist():
                    self._add(NpzArray.of(file, member))
        except FAULTS as error:
            raise self._unreadable(error) from None
        self.names = [column for own in self._columns.values() for column in own]
        self.expect_unique(self.names)

    def _add(self, array: NpzArray) -> None:
        name, kind = array.name, array.dtype.kind
        self._columns[name] = [name]
        if array.dtype.hasobject:
            self._refused[name] = "Python objects, which are not loaded"
        elif len(array.shape) not in (1, 2):
            self._refused[name] = f"{len(array.shape)} axes; Table takes arrays of one or two"
        elif kind not in "biufUS":
            self._refused[name] = f"{array.dtype}; Table takes numbers, booleans and text"
        else:
            if len(array.shape) == 2:
                self._columns[name] = [f"{name}.{index}" for index in range(array.shape[1])]
            self._arrays[name] = array
            self._place |= {own: (name, at) for at, own in enumerate(self._columns[name])}

    def expanded(self, name: str) -> Sequence[str]:
        return self._columns.get(name, super().expanded(name))

    @property
    def memory(self) -> int:
        return VALUE * sum(int(np.prod(array.shape)) for array in self._arrays.values())

    def columns(self, names: Sequence[str], text: Collection[str]) -> list[Column]:
        values = next(self._read(names, None))
        return [self._column(name, own, text=name in text) for name, own in values.items()]

    def parts(self, names: Sequence[str], text: Collection[str]) -> Iterator[list[Column]]:
        rows = max(1, ROWS // (1 + len(names) // 16))
        for name in names:
            if name in self._place and self._arrays[self._place[name][0]].by_columns:
                raise self.fault(
                    f"has the array {self._place[name][0]!r} column by column (in Fortran's "
                    "order), which cannot be streamed; save np.ascontiguousarray of it"
                )
        for values in self._read(names, rows):
            yield [self._column(name, own, text=name in text) for name, own in values.items()]

    def _read(self, names: Sequence[str], rows: int | None) -> Iterator[dict[str, NDArray[Any]]]:
        """The columns of these names, so many rows after another, or all together."""
        self._expect_alike(names)
        needed = dict.fromkeys(self._place[name][0] for name in names)
        length = self._arrays[self._place[names[0]][0]].shape[0]
        step = length if rows is None else rows
        try:
            with ExitStack() as stack:
                file = stack.enter_context(zipfile.ZipFile(self.path))
                # In several places at once, each with the sum that its bytes are checked by.
                opened = {n: stack.enter_context(self._arrays[n].open(file)) for n in needed}
                for start in count(0, max(1, step)):
                    taken = min(step, length - start)
                    read = {n: self._arrays[n].read(opened[n], taken) for n in needed}
                    last = start + taken >= length
                    if last:
                        for member in opened.values():
                            member.read(1)  # the end, where the sum is compared
                    yield {name: _column_of(read[n], at) for name, (n, at) in self._at(names)}
                    if last:
                        return
        except FAULTS as error:
            raise self._unreadable(error) from None

    def _at(self, names: Sequence[str]) -> list[tuple[str, tuple[str, int]]]:
        return [(name, self._place[name]) for name in names]

    def _expect_alike(self, names: Sequence[str]) -> None:
        for name in names:
            if name in self._refused:
                raise self.fault(f"has an array {name!r} of {self._refused[name]}")
        first, *others = (self._arrays[self._place[name][0]].shape[0] for name in names)
        for name, rows in zip(names[1:], others, strict=True):
            if rows != first:
                raise self.fault(f"has {first} rows in {names[0]!r}, but {rows} in {name!r}")

    def _column(self, name: str, values: NDArray[Any], *, text: bool) -> Column:
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

    def _unreadable(self, error: BaseException) -> Exception:
        return self.fault(f"is no NPZ that can be read: {str(error).partition(chr(10))[0]}")


def _column_of(array: NDArray[Any], position: int) -> NDArray[Any]:
    return array if array.ndim == 1 else array[:, position]
