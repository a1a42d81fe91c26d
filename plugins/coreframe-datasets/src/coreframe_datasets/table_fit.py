"""TableFit: what the training samples decide about inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from coreframe import ArgumentError, Module, Sequential, Split
from coreframe_datasets.fill_missing import FillMissing
from coreframe_datasets.standardize import Standardize
from coreframe_datasets.table_rows import TableRows

__all__ = ["TableFit"]

ROWS = 1024  # samples that are looked at together: a table may be larger than memory

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
    def on(
        cls, train: Callable[[TableFit], Split], rows: TableRows, *, fill: bool, standardize: bool
    ) -> Self:
        """Fitted on the training samples alone, of which it looks at some at a time.

        Args:
            train: gives these samples, to which a fit has been applied.
            rows: what their inputs are.
            fill: whether missing values are to be filled in.
            standardize: whether to subtract means and divide by deviations.

        Raises:
            ArgumentError: if a column is to be filled, and has no value there.
        """
        filled = _typical(train(cls()), rows) if fill else None
        if not standardize:
            return cls(filled)
        layer = Standardize(len(rows.inputs)).fit(train(cls(filled)))
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


def _typical(train: Split, rows: TableRows) -> list[float]:
    """The mean of each number, and the category that most samples have."""
    count = mean = torch.zeros(len(rows.inputs), dtype=torch.float64)
    for positions in torch.split(torch.arange(len(train)), ROWS):
        x, _ = train.take(positions)
        there = ~x.isnan()
        number = there.sum(0)
        total = count + number
        own = x.double().nan_to_num(nan=0.0).sum(0) / number.clamp(min=1)
        mean = mean + (own - mean) * (number / total.clamp(min=1))
        count = total
    typical: list[float] = []
    for (name, categories), block in zip(rows.columns.items(), rows.blocks, strict=True):
        if not count[block].all():
            raise ArgumentError(
                f"Table: no training sample has a value in column {name!r} to fill others with"
            )
        values = mean[block]
        if categories is not None:
            values = (torch.arange(len(values)) == values.argmax()).double()
        typical += values.to(torch.get_default_dtype()).tolist()
    return typical
