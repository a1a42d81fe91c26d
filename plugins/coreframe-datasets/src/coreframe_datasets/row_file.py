"""RowFile: rows of a table in a file that is mapped into memory rather than loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["RowFile", "record_of"]

MAGIC = b"CFROWS01"
TAIL = 8 + len(MAGIC)  # the length of what describes the rows, and the magic
ALIGNED = 8


@dataclass(frozen=True)
class RowFile:
    """A file of records, one for each row; behind them a class and a mark of each, and a description.

    What is mapped into memory is read from the disk when it is looked at, and the system may drop
    it again. The file may be removed meanwhile: its content stays as long as it is mapped.

    Args:
        records: fields `numbers`, `codes` and `target`.
        labels: the class index of each row, int64; zeros where targets are numbers.
        repeated: 1 for each row that is there more than once, else 0.
        about: the description.
    """

    records: NDArray[Any]
    labels: NDArray[np.int64]
    repeated: NDArray[np.uint8]
    about: Mapping[str, Any]

    @staticmethod
    def finish(file: IO[bytes], labels: Tensor, repeated: Tensor, about: Mapping[str, Any]) -> None:
        """Write what stands behind the records."""
        file.write(bytes(-file.tell() % ALIGNED))
        file.write(labels.numpy().data)
        file.write(repeated.to(torch.uint8).numpy().data)
        text = json.dumps(dict(about)).encode()
        file.write(text + len(text).to_bytes(8, "little") + MAGIC)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The file at a path.

        Raises:
            OSError: if it cannot be read.
            ValueError: if it is none, or not whole.
        """
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL))
            tail = file.read(TAIL)
            length = int.from_bytes(tail[:8], "little")
            if tail[8:] != MAGIC or length > size - TAIL:
                raise ValueError("no file of rows")
            file.seek(size - TAIL - length)
            about = json.loads(file.read(length))
        rows, record = about["rows"], record_of(about["dtype"], *about["widths"])
        labels = rows * record.itemsize + -rows * record.itemsize % ALIGNED
        repeated = labels + 8 * rows
        if repeated + rows + length + TAIL != size:
            raise ValueError("not whole")
        return cls(
            _mapped(path, record, 0, rows),
            _mapped(path, np.dtype(np.int64), labels, rows),
            _mapped(path, np.dtype(np.uint8), repeated, rows),
            about,
        )


def record_of(dtype: str, numbers: int, codes: int, targets: int) -> np.dtype[Any]:
    """What a row is made of: numbers, codes of categories, and numbers of the target."""
    return np.dtype(
        [
            ("numbers", dtype, (numbers,)),
            ("codes", "int32", (codes,)),
            ("target", dtype, (targets,)),
        ]
    )


def _mapped(path: Path, dtype: np.dtype[Any], offset: int, rows: int) -> NDArray[Any]:
    # As a plain array: those of numpy's own class make more of the same at every step.
    return np.asarray(np.memmap(path, dtype, "r", offset, (rows,)))
