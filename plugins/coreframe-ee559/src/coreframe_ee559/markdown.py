"""Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

from coreframe_ee559.report import ACTIVATIONS

__all__ = ["format_section"]


def format_section(reading: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table under the heading of its reading, with the same columns for each activation.

    The first column, of labels, stands to the left, and the figures to the right.
    """
    header = ["", *[f"{name}, {column}" for name in ACTIVATIONS for column in columns]]
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"\n## {reading.capitalize()}\n\n{table}"
