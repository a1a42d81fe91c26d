"""NpzArray: an array within an NPZ file, read some rows after another."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from math import prod
from typing import IO, Any, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

__all__ = ["NpzArray"]


@dataclass(frozen=True)
class NpzArray:
    """What stands at the beginning of an array in an NPZ file.

    Args:
        name: as numpy calls it.
        member: the name of its part of the file.
        shape: rows first.
        by_columns: whether its numbers lie column by column, in Fortran's order.
        dtype: of its numbers.
    """

    name: str
    member: str
    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, file: zipfile.ZipFile, member: str) -> Self:
        """That of a part of an NPZ file.

        Raises:
            ValueError: if it is none.
        """
        with file.open(member) as stream:
            shape, by_columns, dtype = _header(stream)
        name = member.removesuffix(".npy")
        return cls(name, member, shape, by_columns and len(shape) > 1, dtype)

    def open(self, file: zipfile.ZipFile) -> IO[bytes]:
        """A stream of its numbers."""
        stream = file.open(self.member)
        _header(stream)
        return stream

    def read(self, stream: IO[bytes], rows: int) -> NDArray[Any]:
        """So many rows from an open stream; of one by columns all.

        Raises:
            ValueError: if it ends before.
        """
        shape = (rows, *self.shape[1:])
        size = prod(shape) * self.dtype.itemsize
        content = stream.read(size)
        if len(content) != size:
            raise ValueError(f"{self.member} is cut off")
        array = np.frombuffer(content, self.dtype, prod(shape))
        return array.reshape(shape, order="F" if self.by_columns else "C")


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    if version == (1, 0):
        return npy.read_array_header_1_0(stream)
    if version == (2, 0):
        return npy.read_array_header_2_0(stream)
    raise ValueError(f"a version of NPY that is not read: {version}")
