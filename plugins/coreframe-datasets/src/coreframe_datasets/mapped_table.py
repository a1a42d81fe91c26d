"""MappedTable: rows that lie on the disk, as samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from coreframe import Selection, Split
from coreframe_datasets.row_file import RowFile
from coreframe_datasets.table_fit import TableFit
from coreframe_datasets.table_rows import TableRows, write_categories
from coreframe_datasets.targets import targets_of

__all__ = ["MappedTable"]


class MappedTable(Split):
    """All rows of a table that lies on the disk, encoded as they are taken.

    With several fits the rows are there once for each, one after another: sample f · rows + i is
    row i by fit f. `coreframe.Subset` then chooses those of a split, or of each replica.

    Args:
        file: the rows.
        one_hot: whether classes are one-hot rows.
        fits: what the training samples of each replica decided about inputs.
    """

    def __init__(
        self, file: RowFile, *, one_hot: bool, fits: Sequence[TableFit] = (TableFit(),)
    ) -> None:
        self._file, self._one_hot, self._fits = file, one_hot, list(fits)
        self.rows = TableRows.from_json(file.about)
        self.classes: list[str] | None = file.about["classes"]
        # The file numbers categories as they appear, inputs have them sorted; -1 is missing.
        self._places = [
            torch.tensor([*(sorted(texts).index(text) for text in texts), -1])
            for texts in file.about["texts"]
        ]

    def fitted(self, fits: Sequence[TableFit]) -> MappedTable:
        """The same rows by other fits."""
        return MappedTable(self._file, one_hot=self._one_hot, fits=fits)

    @property
    def labels(self) -> Tensor:
        """The class index of each row; zeros where targets are numbers."""
        return torch.from_numpy(self._file.labels.copy())

    @property
    def repeated(self) -> Tensor:
        """Which rows are there more than once."""
        return torch.from_numpy(self._file.repeated.astype(np.bool_))

    def __len__(self) -> int:
        return len(self._fits) * len(self._file.records)

    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        which = indices.cpu().flatten()
        fit_of = which // len(self._file.records)
        rows = (which % len(self._file.records)).numpy()
        taken = self._file.records.take(rows)
        x = self._inputs(*(torch.from_numpy(taken[n].copy()) for n in ("numbers", "codes")))
        for number, fit in enumerate(self._fits):
            if len(self._fits) == 1:
                x = fit.apply(x)
            elif fit != TableFit():
                own = fit_of == number
                x[own] = fit.apply(x[own])
        if self.classes is None:
            targets = torch.from_numpy(taken["target"].copy())
        else:
            labels = torch.from_numpy(self._file.labels.take(rows))
            targets = targets_of(labels, len(self.classes), one_hot=self._one_hot)
        return tuple(t.view(*indices.shape, *t.shape[1:]) for t in (x, targets))  # type: ignore[return-value]  # of two

    def select(self, replicas: Selection) -> MappedTable:  # noqa: ARG002  # all share it
        return self

    def _inputs(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """Inputs (samples, n), NaN where a value is missing."""
        if not self._places:
            return numbers
        x = numbers.new_zeros(len(numbers), self.rows.blocks[-1].stop)
        number = code = 0
        for categories, block in zip(self.rows.columns.values(), self.rows.blocks, strict=True):
            if categories is None:
                x[:, block.start] = numbers[:, number]
                number += 1
            else:
                write_categories(x[:, block], self._places[code][codes[:, code].long()])
                code += 1
        return x
