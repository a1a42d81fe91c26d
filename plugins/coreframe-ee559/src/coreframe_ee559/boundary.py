"""Figure 5: what the networks learned, beside the true disc."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import Circle

from coreframe_ee559.disc import CENTRE, RADIUS
from coreframe_ee559.report import ACTIVATIONS
from coreframe_ee559.results import StudyResults
from coreframe_ee559.variant import READINGS, Variant

__all__ = ["draw_boundaries"]


def draw_boundaries(results: StudyResults) -> Figure:
    """The share of the repeats that call a point inside; a column for each activation."""
    page = Figure(figsize=(7, 10), layout="constrained")
    panels = page.subplots(len(READINGS), len(ACTIVATIONS), sharex=True, sharey=True)
    for row, reading in zip(panels, READINGS, strict=True):
        for panel, name in zip(row, ACTIVATIONS, strict=True):
            votes = results.repeats[Variant(name, *reading)].votes.numpy()
            panel.imshow(votes, origin="lower", extent=(0, 1, 0, 1), cmap="Blues", vmin=0, vmax=1)
            panel.add_patch(Circle(CENTRE, RADIUS, fill=False, color="#D55E00", linewidth=1.5))
            panel.set_xticks([0, 0.5, 1])
            panel.set_yticks([0, 0.5, 1])
        row[0].set_ylabel(Variant("", *reading).reading.replace(", ", ",\n"), fontsize=9)
    for panel, name in zip(panels[0], ACTIVATIONS, strict=True):
        panel.set_title(name)
    page.colorbar(
        panels[0, 0].images[0],
        ax=panels,
        location="bottom",
        shrink=0.6,
        label="share of the trainings that call a point inside",
    )
    page.suptitle("Learned decision; the orange circle is the true disc")
    return page
