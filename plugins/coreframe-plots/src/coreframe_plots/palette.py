"""Colours and line styles, told apart by colour-blind readers and on paper too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

__all__ = ["COLOURS", "MARKERS", "SPLITS", "Split", "split_of"]

COLOURS: Sequence[str] = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"),
)
"""Those of Okabe and Ito 2008, Color universal design, without the yellow, which white swallows."""

MARKERS: Sequence[str] = ("", "o", "s", "^", "D", "v", "P", "X")
"""What tells runs apart when there are more than colours; none for the first of each colour."""


Dashes: TypeAlias = Literal["-"] | tuple[float, Sequence[float]]


class Split:
    """How the figures of a split are drawn.

    Args:
        label: its name in the legend.
        colour: where there is one run.
        dashes: where there are many, which have the colours.
    """

    def __init__(self, label: str, colour: str, dashes: Dashes) -> None:
        self.label, self.colour, self.dashes = label, colour, dashes


SPLITS = {
    "validation": Split("validation", COLOURS[1], "-"),
    "test": Split("test", COLOURS[2], (0, (5, 1.5, 1, 1.5))),
    "train": Split("training, after the epoch", COLOURS[4], (0, (1, 1))),
    "": Split("training", COLOURS[0], (0, (3, 1.5))),
}


def split_of(figure: str) -> Split:
    """The split of a figure of the history: `validation_loss` is of `validation`, `loss` of none."""
    return SPLITS[figure.rpartition("_")[0]]
