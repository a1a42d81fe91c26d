"""TextCodes: the texts of a column that is read in parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coreframe_datasets.column import Column, is_number, odd_texts
from coreframe_datasets.table_rows import MOST, too_many
from coreframe_datasets.table_source import TableSource

__all__ = ["TextCodes"]


class TextCodes:
    """The texts of a column that is read in parts, numbered as they appear.

    Args:
        source: of the column.
        name: its name.
        any_number: whether there may be more than there can be categories of an input.
    """

    def __init__(self, source: TableSource, name: str, *, any_number: bool) -> None:
        self.source, self.name, self.any_number = source, name, any_number
        self._first: dict[str, int] = {}  # the first row of each
        self._number: dict[str, int] = {}
        self._all_numbers = True
        self._seeking = False  # only the first text that is no number is still of interest

    @property
    def texts(self) -> list[str]:
        """Those that were seen, by their number."""
        return list(self._number)

    def add(self, column: Column, start: int) -> NDArray[np.int64]:
        """The number of each row's text in the next part, -1 where it is missing.

        Raises:
            ArgumentError: for more texts than there may be, or one among measurements.
        """
        codes, rows = np.unique(column.values, return_index=True)
        before = len(self._number)
        for code, row in zip(codes.tolist(), rows.tolist(), strict=True):
            text = column.categories[code] if code >= 0 else None
            if text is None or text in self._number or (self._seeking and is_number(text)):
                continue
            self._number[text], self._first[text] = len(self._number), start + row
            self._all_numbers = self._all_numbers and is_number(text)
        if len(self._number) > MOST >= before or (self._seeking and not self._all_numbers):
            self._expect_few()
        # The last place is for -1.
        places = np.array([*(self._number.get(text, -1) for text in column.categories), -1])
        numbered: NDArray[np.int64] = places[column.values]
        return numbered

    def expect_categories(self) -> None:
        """Raise if these, which are all, are measurements among which is a text.

        Raises:
            ArgumentError: naming the row of that text.
        """
        odd = odd_texts(self._number) if self.source.guesses_types else ()
        if odd:
            row, text = min((self._first[text], text) for text in odd)
            raise self.source.odd_text_at(row, self.name, text)
        if self._seeking:
            raise too_many(self.source, self.name)

    def _expect_few(self) -> None:
        if self.source.guesses_types and self._all_numbers:
            self._seeking = True  # one of them is text, or the column would be one of numbers
            return
        self.expect_categories()
        if not self.any_number:
            raise too_many(self.source, self.name)
