"""RowWriter: a table that becomes a file of rows, a part after another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from coreframe_datasets.column import Column
from coreframe_datasets.repeated import repeated_among, row_marks
from coreframe_datasets.row_file import RowFile, record_of
from coreframe_datasets.table_rows import TableRows, expect_present, rows_of, write_number
from coreframe_datasets.table_source import TablePart, TableSource
from coreframe_datasets.table_target import TableTarget, are_classes, expect_target
from coreframe_datasets.text_codes import TextCodes

__all__ = ["RowWriter"]


class RowWriter:
    """Writes the rows of a table; memory holds a part of them, and few numbers of each.

    Args:
        source: the table.
        given: the columns of the inputs.
        wanted: the columns of the targets.
        task: what targets are, if not what they look like.
        refuse: whether missing values are an error.
    """

    def __init__(
        self,
        source: TableSource,
        given: Sequence[str],
        wanted: Sequence[str],
        task: str | None,
        *,
        refuse: bool,
    ) -> None:
        self.source, self.given, self.wanted, self.task = source, given, wanted, task
        self.refuse = refuse
        self._texts: dict[str, TextCodes] = {}
        self._kinds: dict[str, Column] = {}  # a part of each column
        self._labels: list[Any] = []  # of classes, as they are in the file

    def write(self, file: IO[bytes], path: Path) -> None:
        """Write them to an open file, at this path.

        Raises:
            ArgumentError: for what a table that is loaded must not hold either.
            OSError: if the disk is full.
        """
        marks: list[Tensor] = []
        record, widths = np.dtype([]), [0, 0, 0]
        for part in self.source.stream([*self.given, *self.wanted]):
            blocks = self._blocks(part)
            widths = [block.shape[1] for block in blocks]
            record = record_of(str(blocks[0].numpy().dtype), *widths)
            rows = np.zeros(len(blocks[0]), record)
            for name, block in zip(record.names or (), blocks, strict=True):
                rows[name] = block.numpy()
            file.write(rows.view(np.uint8).data)
            marks.append(row_marks(len(rows), _comparable(rows).unbind(-1)))
        for texts in self._texts.values():
            texts.expect_categories()
        rows_as, goal = self._inputs(), self._classes()
        file.flush()
        count = sum(map(len, marks))
        mapped = np.asarray(np.memmap(path, record, "r", 0, (count,)))
        twice = repeated_among(torch.cat(marks), lambda rows: _comparable(mapped[rows.numpy()]))
        labels = torch.zeros(count, dtype=torch.int64) if goal is None else goal.values
        about = {
            "rows": count,
            "dtype": str(record["numbers"].base),
            "widths": widths,
            "columns": rows_as.to_json()["columns"],
            "texts": [self._texts[name].texts for name in rows_as.text],
            "classes": None if goal is None else list(goal.classes or ()),
        }
        RowFile.finish(file, labels, twice, about)

    def _blocks(self, part: TablePart) -> tuple[Tensor, Tensor, Tensor]:
        """Numbers, codes of categories and numeric targets of some rows."""
        self._kinds = {column.name: column for column in part.columns}
        columns, targets = part.columns[: len(self.given)], part.columns[len(self.given) :]
        if self.refuse:
            for column in columns:
                expect_present(self.source, column, part.start)
        text = [column for column in columns if column.kind == "text"]
        plain = [column for column in columns if column.kind != "text"]
        rows = len(part.columns[0].values)
        numbers, codes = torch.zeros(rows, len(plain)), torch.zeros(rows, len(text))
        for position, column in enumerate(plain):
            write_number(numbers[:, position], self.source, column, part.start)
        for position, column in enumerate(text):
            codes[:, position] = torch.from_numpy(self._coded(column, part.start))
        if len(targets) == 1 and are_classes(targets, self.task):
            expect_target(self.source, targets[0], part.start)
            own = targets[0]
            is_text = own.kind == "text"
            self._labels.append(self._coded(own, part.start) if is_text else own.values)
            return numbers, codes, torch.zeros(rows, 0)
        goal = TableTarget.of(self.source, targets, self.task, part.start)
        return numbers, codes, goal.values

    def _coded(self, column: Column, start: int) -> Any:
        if column.name not in self._texts:
            self._texts[column.name] = TextCodes(
                self.source, column.name, any_number=column.name in self.wanted
            )
        return self._texts[column.name].add(column, start)

    def _inputs(self) -> TableRows:
        return rows_of(self.source, [self._whole(name, np.zeros(0)) for name in self.given])

    def _classes(self) -> TableTarget | None:
        if not self._labels:
            return None
        values = np.concatenate(self._labels)
        self._labels = []
        return TableTarget.of(self.source, [self._whole(self.wanted[0], values)], self.task)

    def _whole(self, name: str, values: Any) -> Column:
        """A column with these values, and the categories of all parts."""
        if name not in self._texts:
            return Column(name, self._kinds[name].kind, values)
        texts = self._texts[name].texts
        whole = Column.of_codes(name, np.arange(len(texts)), texts)
        return Column(name, "text", whole.values[values.astype(np.int64)], whole.categories)


def _comparable(rows: Any) -> Tensor:
    """The inputs of some rows as numbers that are equal for equal ones: none is infinite or NaN."""
    numbers, codes = (
        torch.from_numpy(rows[name].astype(np.float64)) for name in ("numbers", "codes")
    )
    return torch.cat([numbers.nan_to_num(nan=torch.inf), codes], -1)
