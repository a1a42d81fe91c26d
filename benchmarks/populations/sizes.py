"""The report's network in populations of one to three hundred models."""

from __future__ import annotations

from collections.abc import Mapping

from ours import Ours
from populations.blocks import Blocks, our_best_size
from populations.contest import Contest
from populations.extent import Extent
from rivals.jax_scan import JaxScan
from rivals.lineup import lineup
from rivals.products import Products
from rivals.scikit_learn import ScikitLearn
from rivals.stacked import Stacked
from rivals.torch_loop import TorchLoop
from rivals.vmapped import AUTOGRAD, FUNC
from timing import print_measured, print_target
from training import Training

SIZES, BATCH = (2, 25, 25, 25, 2), 16
MANY = 100
TARGETS = {
    TorchLoop.name: 1 / 50,
    Stacked.name: 0.6,
    FUNC: 0.4,
    AUTOGRAD: 0.4,
    JaxScan.name: 0.7,
    Products.name: 1.6,
}
IN_BLOCKS = "coreframe, in blocks"


def compare_sizes(extent: Extent) -> dict[int, Contest]:
    """Time all rivals at each size of population; print times, and ratios beside their targets."""
    whole = Training.drawn(SIZES, extent.samples, BATCH)
    contests, cut = {}, {}
    for replicas in extent.populations:
        training = whole.of(replicas)
        size = our_best_size(training)
        cut[replicas] = Blocks(training, Ours, size)
        rivals = lineup(training) | {Ours.name: Ours(training), IN_BLOCKS: cut[replicas]}
        contests[replicas] = Contest(rivals, training.steps, extent.rounds)
        print(f"2-25-25-25-2, batch {BATCH}, SGD, population of {replicas}, blocks of {size}")
        contests[replicas].print_times()
    _print_targets(contests)
    _print_growth(Contest({str(n): cut[n] for n in cut}, whole.steps, extent.rounds))
    return contests


def _print_targets(contests: Mapping[int, Contest]) -> None:
    many = MANY if MANY in contests else max(contests)
    contest = contests[many]
    for name, target in TARGETS.items():
        if name in contest.times:
            print_target(f"{many} models / {name}", contest.ratio(Ours.name, name), target)
    if JaxScan.name not in contest.times:
        print(f"{many} models / {JaxScan.name}: jax is not installed")
    ratio = contest.ratio(Ours.name, ScikitLearn.name)
    print_measured(f"{many} models / {ScikitLearn.name}", ratio)
    ratio = contests[1].ratio(Ours.name, TorchLoop.name)
    print_target(f"one model / {TorchLoop.name}", ratio, 0.35)
    print("one model, compile=True: not built")


def _print_growth(contest: Contest) -> None:
    """How much more time a model takes, at most, than in a smaller population."""
    names = list(contest.times)
    rises = [
        (contest.ratio(name, smaller), f"{name} models, in blocks / {smaller}, in blocks")
        for index, name in enumerate(names)
        for smaller in names[:index]
    ]
    print("The largest rise of the time per model, of all pairs of sizes:")
    rise, pair = max(rises)
    print_target(pair, rise, 1.15)
