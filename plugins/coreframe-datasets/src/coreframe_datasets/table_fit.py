"""TableFit: what the training samples decide about inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from coreframe import ArgumentError, Module, Sequential, TensorSplit
from coreframe_datasets.fill_missing import FillMissing
from coreframe_datasets.standardize import Standardize
from coreframe_datasets.table_rows import TableRows

__all__ = ["TableFit"]

PARTS = ("fill", "mean", "deviation")


@dataclass(frozen=True)
class TableFit:
    """What the training samples decide about inputs: x → (x − mean) / deviation, missing ones filled.

    Numbers are kept as lists of Python's own, which hold those of any dtype exactly.

    Args:
        fill: what stands in for missing values; None if they are refused.
        mean: what is subtracted; None for nothing.
        deviation: what divides.
    """

    fill: Sequence[float] | None = None
    mean: Sequence[float] | None = None
    deviation: Sequence[float] | None = None

    @classmethod
    def on(cls, train: Tensor, rows: TableRows, *, fill: bool, standardize: bool) -> Self:
        """Fitted on the inputs (samples, n) of the training samples alone.

        Raises:
            ArgumentError: if a column is to be filled, and has no value there.
        """
        filled = _typical(train, rows) if fill else None
        if not standardize:
            return cls(filled)
        x = cls(filled).apply(train)
        layer = Standardize(x.shape[1]).fit(TensorSplit(x, torch.zeros(len(x))))
        return cls(filled, layer.mean.value.tolist(), layer.deviation.value.tolist())

    def apply(self, x: Tensor) -> Tensor:
        """Inputs as a model gets them."""
        if self.fill is not None:
            x = torch.where(x.isnan(), x.new_tensor(self.fill), x)
        if self.mean is not None:
            x = (x - x.new_tensor(self.mean)) / x.new_tensor(self.deviation)
        return x

    def layer(self) -> Module | None:
        """A layer that does the same; None if nothing is done."""
        layers: list[Module] = []
        if self.fill is not None:
            filling = FillMissing(len(self.fill))
            filling.fill.value = torch.tensor(self.fill)
            layers.append(filling)
        if self.mean is not None and self.deviation is not None:
            standardizing = Standardize(len(self.mean))
            standardizing.mean.value = torch.tensor(self.mean)
            standardizing.deviation.value = torch.tensor(self.deviation)
            layers.append(standardizing)
        return Sequential(*layers) if layers else None

    def to_json(self) -> dict[str, list[float]]:
        """Those that there are, by name."""
        parts = zip(PARTS, (self.fill, self.mean, self.deviation), strict=True)
        return {part: list(numbers) for part, numbers in parts if numbers is not None}

    @classmethod
    def from_json(cls, encoding: Mapping[str, Any], inputs: int) -> Self:
        """What `to_json` gave, for so many inputs.

        Raises:
            TypeError, ValueError: for anything else.
        """
        parts = [encoding.get(part) for part in PARTS]
        if any(part is not None and len(part) != inputs for part in parts):
            raise ValueError(f"not {inputs} numbers")
        if (parts[1] is None) != (parts[2] is None):
            raise ValueError("a mean without a deviation")
        return cls(*(None if part is None else [float(n) for n in part] for part in parts))


def _typical(train: Tensor, rows: TableRows) -> list[float]:
    """The mean of each number, and the category that most samples have."""
    typical: list[float] = []
    for (name, categories), block in zip(rows.columns.items(), rows.blocks, strict=True):
        values = train[:, block].double()
        present = values[~values.isnan().any(-1)]
        if not len(present):
            raise ArgumentError(
                f"Table: no training sample has a value in column {name!r} to fill others with"
            )
        mean = present.mean(0)
        if categories is not None:
            mean = (torch.arange(len(mean)) == mean.argmax()).double()
        typical += mean.to(train.dtype).tolist()
    return typical
