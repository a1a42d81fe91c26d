"""Table: rows of text under headings, for people and for pipes alike."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["format_table"]


def format_table(headings: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    """One line for each row, whatever the width of the terminal, so that pipes can cut it.

    A column of integers is aligned to the right.
    """
    cells = [headings, *[[_visible(str(cell)) for cell in row] for row in rows]]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    numeric = [
        bool(rows) and all(isinstance(row[index], int) for row in rows)
        for index in range(len(headings))
    ]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def _visible(text: str) -> str:
    """The text with its control characters written out: metadata must not steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
