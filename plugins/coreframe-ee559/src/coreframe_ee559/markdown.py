"""Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["format_difference", "format_table"]


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with its first column to the left and the figures to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def format_difference(here: float, report: float, digits: int) -> str:
    """`+0.30`: what is here less what the report has."""
    return f"{here - report:+.{digits}f}"
