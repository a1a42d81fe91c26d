"""StudyResults: everything the study found, before it is written down."""

from __future__ import annotations

from dataclasses import dataclass

from coreframe_ee559.cross_validation import Score
from coreframe_ee559.repeats import Repeats
from coreframe_ee559.settings import StudySettings
from coreframe_ee559.variant import Variant

__all__ = ["StudyResults"]


@dataclass(frozen=True)
class StudyResults:
    """The scores of the grid search and the repeats of every variant.

    Attributes:
        seconds: wall-clock time of the grid search and of the repeats together.
    """

    settings: StudySettings
    scores: dict[Variant, list[Score]]
    repeats: dict[Variant, Repeats]
    seconds: float
