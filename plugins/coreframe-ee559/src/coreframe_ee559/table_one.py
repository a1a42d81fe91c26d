"""Table I: the best settings of each activation, the report's beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from coreframe_ee559.cross_validation import Score, best_score
from coreframe_ee559.markdown import format_section
from coreframe_ee559.report import ACTIVATIONS, TABLE_ONE
from coreframe_ee559.results import StudyResults
from coreframe_ee559.variant import READINGS, Variant

__all__ = ["Choice", "choices", "table_one_markdown", "table_one_records"]

ROWS = (
    ("Learning rate", "lr"),
    ("Batch size", "batch_size"),
    ("Momentum", "momentum"),
    ("Xavier gain", "gain"),
    ("Epochs", "epochs"),
)


@dataclass(frozen=True)
class Choice:
    """What the grid search says of one variant.

    Attributes:
        best: the setting of the highest validation accuracy.
        at_report: the score of the report's setting, None if the grid lacks it.
        as_good: how many settings of the grid come within one standard error of the best.
        tried: how many settings there are.
    """

    variant: Variant
    best: Score
    at_report: Score | None
    as_good: int
    tried: int


def choices(results: StudyResults) -> dict[Variant, Choice]:
    """The choice of every variant."""
    found: dict[Variant, Choice] = {}
    for variant, scores in results.scores.items():
        best = best_score(scores)
        report = TABLE_ONE[variant.activation]
        key = (report.lr, report.batch_size, report.momentum, report.gain)
        at_report = [
            score
            for score in scores
            if (s := score.settings) and (s.lr, s.batch_size, s.momentum, s.gain) == key
        ]
        error = best.accuracy_std / sqrt(results.settings.folds)
        as_good = sum(score.accuracy >= best.accuracy - error for score in scores)
        found[variant] = Choice(
            variant, best, at_report[0] if at_report else None, as_good, len(scores)
        )
    return found


def table_one_records(results: StudyResults) -> list[dict[str, Any]]:
    """The table as plain records, one a cell."""
    return [
        {
            "activation": variant.activation,
            "hidden_layers": variant.hidden_layers,
            "standardize": variant.standardize,
            "setting": field,
            "report": getattr(TABLE_ONE[variant.activation], field),
            "here": getattr(choice.best.settings, field),
            "difference": getattr(choice.best.settings, field)
            - getattr(TABLE_ONE[variant.activation], field),
            "accuracy_here": choice.best.accuracy,
            "accuracy_at_report": choice.at_report and choice.at_report.accuracy,
            "settings_as_good": choice.as_good,
            "settings_tried": choice.tried,
        }
        for variant, choice in choices(results).items()
        for _, field in ROWS
    ]


def table_one_markdown(results: StudyResults) -> str:
    """The table as Markdown, one for each reading of the report's network."""
    study = results.settings
    text = (
        "# Table I: best settings for each activation function\n\n"
        f"By {study.folds}-fold cross-validation on {study.samples} training points, "
        f"{study.epochs} epochs. The report does not say how many hidden layers it used or "
        "whether its inputs were standardized, so each reading has its own table.\n"
    )
    found = choices(results)
    for reading in READINGS:
        variants = [Variant(name, *reading) for name in ACTIVATIONS]
        rows = [[label, *_cells(variants, found, field)] for label, field in ROWS]
        rows.append(
            ["Validation accuracy here, at these settings (%)", *_accuracies(variants, found)]
        )
        text += format_section(variants[0].reading, ("report", "here", "difference"), rows) + "\n"
        for variant in variants:
            choice = found[variant]
            text += (
                f"- {variant.activation}: {choice.as_good} of {choice.tried} settings come "
                "within one standard error of the best.\n"
            )
    return text


def _cells(variants: list[Variant], found: dict[Variant, Choice], field: str) -> list[str]:
    cells: list[str] = []
    for variant in variants:
        report = getattr(TABLE_ONE[variant.activation], field)
        here = getattr(found[variant].best.settings, field)
        cells += [f"{report:g}", f"{here:g}", f"{here - report:+g}" if here != report else "0"]
    return cells


def _accuracies(variants: list[Variant], found: dict[Variant, Choice]) -> list[str]:
    cells: list[str] = []
    for variant in variants:
        best, at_report = found[variant].best, found[variant].at_report
        here = 100 * best.accuracy
        if at_report is None:
            cells += ["not in the grid", f"{here:.2f}", ""]
        else:
            report = 100 * at_report.accuracy
            cells += [f"{report:.2f}", f"{here:.2f}", f"{here - report:+.2f}"]
    return cells
