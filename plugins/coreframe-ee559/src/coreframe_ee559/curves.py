"""Figures 1 to 4: accuracy and loss per epoch, with a band over the repeats."""

from __future__ import annotations

from matplotlib.figure import Figure

from coreframe_ee559.report import ACTIVATIONS
from coreframe_ee559.results import StudyResults
from coreframe_ee559.variant import READINGS, Variant

__all__ = ["COLOURS", "CURVES", "draw_curves"]

CURVES = {
    "figure1_train_accuracy": ("train_accuracy", "Train accuracy (%)"),
    "figure2_test_accuracy": ("test_accuracy", "Test accuracy (%)"),
    "figure3_test_loss": ("test_loss", "Test loss (MSE)"),
    "figure4_train_loss": ("train_loss", "Train loss (MSE)"),
}
"""File name, quantity and axis label, numbered as in the report."""

COLOURS = dict(zip(ACTIVATIONS, ("#0072B2", "#D55E00", "#009E73"), strict=True))
"""Told apart by colour-blind readers too (Okabe and Ito)."""


def draw_curves(results: StudyResults, figure: str, label: str) -> Figure:
    """One panel for each reading of the report's network."""
    page = Figure(figsize=(9, 6.5), layout="constrained")
    panels = page.subplots(2, 2, sharex=True, sharey=True)
    scale = 100 if figure.endswith("accuracy") else 1
    for panel, reading in zip(panels.flat, READINGS, strict=True):
        for name in ACTIVATIONS:
            curve = scale * results.repeats[Variant(name, *reading)].curves[figure]
            epochs = range(1, len(curve) + 1)
            mean, std = curve.mean(1).numpy(), curve.std(1).numpy()
            panel.plot(epochs, mean, color=COLOURS[name], label=name)
            panel.fill_between(
                epochs, mean - std, mean + std, color=COLOURS[name], alpha=0.2, linewidth=0
            )
        panel.set_title(Variant("", *reading).reading.capitalize(), fontsize=10)
        panel.grid(alpha=0.3)
    page.supxlabel("Epoch")
    page.supylabel(label)
    panels[0, 0].legend()
    page.suptitle(
        f"{label}: mean and standard deviation of {results.settings.repeats} trainings",
        fontsize=11,
    )
    return page
