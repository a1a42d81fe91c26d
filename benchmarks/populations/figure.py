"""The figure: time per model against size of the population, and against width."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from ours import Ours
from populations.contest import Contest
from populations.sizes import IN_BLOCKS
from rivals.jax_scan import JaxScan
from rivals.products import Products
from rivals.scikit_learn import ScikitLearn
from rivals.stacked import Stacked
from rivals.torch_loop import TorchLoop
from rivals.vmapped import AUTOGRAD, FUNC

# Colours of Okabe and Ito, which the colour-blind can tell apart; ours is the thick line.
STYLES: Mapping[str, Mapping[str, object]] = {
    TorchLoop.name: {"color": "#D55E00", "marker": "s"},
    ScikitLearn.name: {"color": "#E69F00", "marker": "D"},
    FUNC: {"color": "#CC79A7", "marker": "v"},
    AUTOGRAD: {"color": "#CC79A7", "marker": "^", "linestyle": "--"},
    Stacked.name: {"color": "#0072B2", "marker": "o"},
    JaxScan.name: {"color": "#009E73", "marker": "P"},
    Ours.name: {"color": "black", "marker": "o", "linewidth": 2.5},
    Products.name: {"color": "grey", "linestyle": ":", "linewidth": 2.0},
}


def write_figure(path: Path, sizes: Mapping[int, Contest], widths: Mapping[int, Contest]) -> None:
    """Both panels, log-log."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    _draw(left, sizes, ours=IN_BLOCKS)
    left.set_title("2-25-25-25-2, batch 16, SGD")
    left.set_xlabel("models in the population")
    left.set_ylabel("µs per model and step, one thread")
    _draw(right, widths, ours=Ours.name)
    right.set_title("64-w-w-10, batch 64, SGD, in its best blocks")
    right.set_xlabel("width w")
    figure.legend(*left.get_legend_handles_labels(), loc="outside right upper")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _draw(axes: Axes, contests: Mapping[int, Contest], ours: str) -> None:
    for name, style in STYLES.items():
        key = ours if name == Ours.name else name
        points = {at: contest for at, contest in contests.items() if key in contest.times}
        if points:
            times = [contest.median(key) for contest in points.values()]
            axes.plot(list(points), times, label=name, **style)  # type: ignore[arg-type]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(list(contests), [str(at) for at in contests])
    axes.minorticks_off()
    axes.grid(visible=True, alpha=0.3)
