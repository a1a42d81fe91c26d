"""Column: one column of a table, as numbers or as categories."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Column", "is_number", "odd_texts"]

CODES = 10  # so many integers may be the codes of categories; more are measured


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Args:
        name: what the file calls it.
        kind: what its values are.
        values: of numbers and booleans float64, NaN where one is missing; of text the index of
            each row's category, -1 where it is missing.
        categories: of text, those that occur, sorted.
    """

    name: str
    kind: Literal["real", "integer", "boolean", "text"]
    values: NDArray[Any]
    categories: tuple[str, ...] = ()

    @classmethod
    def of_codes(cls, name: str, codes: NDArray[Any], labels: Sequence[str]) -> Self:
        """A column of text from the index of each row's label, -1 for none, in any order."""
        used = sorted({labels[code] for code in np.unique(codes).tolist() if code >= 0})
        position = {label: index for index, label in enumerate(used)}
        # The last place is for -1.
        places = np.array([*(position.get(label, -1) for label in labels), -1])
        return cls(name, "text", places[codes], tuple(used))

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which rows have no value."""
        empty: NDArray[np.bool_] = self.values < 0 if self.kind == "text" else np.isnan(self.values)
        return empty

    def text_at(self, row: int) -> str:
        """The text of a row that has some."""
        return self.categories[int(self.values[row])]

    def first_row(self, codes: Collection[int]) -> int:
        """The first row of one of these categories, by index."""
        return int(np.isin(self.values, list(codes)).argmax())


def is_number(text: str) -> bool:
    """Whether a text is a number as it is written."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def odd_texts(texts: Collection[str]) -> set[str]:
    """Those that are no numbers where the others are measurements; else none."""
    numbers = {text for text in texts if is_number(text)}
    measured = len(numbers) > CODES or not all(n.lstrip("+-").isdigit() for n in numbers)
    return set(texts) - numbers if measured and 2 * len(numbers) > len(texts) else set()
