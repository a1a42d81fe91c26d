"""Findings: where the report's figures are met, where not, and what would explain it."""

from __future__ import annotations

from coreframe_ee559.cross_validation import best_score
from coreframe_ee559.report import ACTIVATIONS, TABLE_ONE, TABLE_TWO
from coreframe_ee559.results import StudyResults
from coreframe_ee559.table_two import mean_of
from coreframe_ee559.variant import READINGS, Variant

__all__ = ["TOLERANCE", "findings_markdown", "meets_report"]

TOLERANCE = 0.015  # of accuracy: a point and a half
CHANCE = 0.5
ACCURACIES = ("train_accuracy", "test_accuracy")

SIGMOID_GAPS = {
    True: (
        "each sigmoid layer hands on values near one half and divides gradients by four or "
        "more, so that after three of them, from Xavier's initial values, the outputs hardly "
        "depend on the inputs"
    ),
    False: (
        "raw inputs are all positive and lie close together, so that the hidden units start "
        "nearly alike; the same network learns from standardized inputs"
    ),
}
"""What would explain it, by whether there is more than one hidden layer."""


def meets_report(results: StudyResults, variant: Variant) -> bool:
    """Whether the mean train and test accuracy are both within the tolerance."""
    return all(
        abs(mean_of(results, variant, figure) - TABLE_TWO[variant.activation][figure][0])
        <= TOLERANCE
        for figure in ACCURACIES
    )


def findings_markdown(results: StudyResults) -> str:
    """A sentence for each activation and reading, and an explanation of each gap."""
    text = "# Findings\n\nAccuracies are train / test, in per cent, means over the repeats.\n"
    if results.settings.epochs != TABLE_ONE["ReLU"].epochs:
        text += (
            f"\nThis run trained for {results.settings.epochs} epochs, the report for "
            f"{TABLE_ONE['ReLU'].epochs}: its figures are not comparable.\n"
        )
    for name in ACTIVATIONS:
        report = _pair(*[TABLE_TWO[name][figure][0] for figure in ACCURACIES])
        text += f"\n## {name}: the report has {report}\n\n"
        for reading in READINGS:
            variant = Variant(name, *reading)
            here = _pair(*[mean_of(results, variant, figure) for figure in ACCURACIES])
            if meets_report(results, variant):
                text += f"- {variant.reading}: {here}, meets it within 1.5 points.\n"
            else:
                gap = _explain(results, variant)
                text += f"- {variant.reading}: {here}, does not meet it. {gap}\n"
    return text


def _explain(results: StudyResults, variant: Variant) -> str:
    report = TABLE_TWO[variant.activation]
    gaps = [mean_of(results, variant, figure) - report[figure][0] for figure in ACCURACIES]
    last = results.repeats[variant].curves["test_accuracy"][-1]
    test = float(last.mean())
    if min(gaps) < -TOLERANCE:
        best = best_score(results.scores[variant])
        text = f"In cross-validation its best setting reaches {100 * best.accuracy:.1f}."
        if variant.activation == "Sigmoid" and test < CHANCE + 0.1:
            text = f"It hardly leaves chance: {SIGMOID_GAPS[variant.hidden_layers > 1]}. {text}"
        return text
    reported, spread = report["test_accuracy"]
    failed = (test - reported) / (test - CHANCE)
    if failed < 0.1:
        return "It is better than the report, whose network or inputs were probably others."
    mixture = failed * (1 - failed) * (test - CHANCE) ** 2
    failed_here = int((last < CHANCE + 0.1).sum())
    return (
        f"It is far better than the report. Were {100 * failed:.0f} % of the report's trainings "
        "left at chance and the rest as here, its mean would be what it prints, with a variance "
        f"of {mixture:.3f}; it prints a spread of {spread:.3f}. Failed trainings would explain "
        f"its figure; here {failed_here} of {len(last)} stayed below 60 %."
    )


def _pair(train: float, test: float) -> str:
    return f"{100 * train:.2f} / {100 * test:.2f}"
