"""Two layers of a width, 64-w-w-10, batch 64: where the advantage ends."""

from __future__ import annotations

from ours import Ours
from populations.blocks import best_size, our_best_size, powers_of_two
from populations.contest import Contest
from populations.extent import Extent
from rivals.products import Products
from rivals.rival import Timed, proven
from rivals.stacked import Stacked
from rivals.torch_loop import TorchLoop
from timing import print_measured, print_target
from training import Training

IN_SIZE, OUT_SIZE, BATCH, SAMPLES = 64, 10, 64, 1024
MOST = 64
TARGETS = {8: 0.05, 16: 0.05, 32: 0.07, 64: 0.13, 128: 0.27, 256: 0.5, 512: 0.7}


def compare_widths(extent: Extent) -> dict[int, Contest]:
    """Time one block of ours, of stacked autograd and of the products; each of its best size."""
    contests = {}
    for width in extent.widths:
        layers = (IN_SIZE, width, width, OUT_SIZE)
        lone = Training.drawn(layers, SAMPLES, BATCH)
        numbers = sum(value.numel() for value in lone.first_values())
        most = min(MOST, max(1, extent.block_numbers // numbers))
        ours = our_best_size(lone.of(most))
        theirs = best_size(lone, Stacked, powers_of_two(most), extent.trial_rounds)
        rivals: dict[str, Timed] = {
            Ours.name: Ours(lone.of(ours)),
            Stacked.name: proven(Stacked, lone.of(theirs)),
            TorchLoop.name: proven(TorchLoop, lone),
            Products.name: Products(lone.of(ours)),
        }
        contests[width] = Contest(rivals, lone.steps, extent.rounds)
        print(f"64-{width}-{width}-10, batch {BATCH}, SGD, blocks of {ours}, theirs of {theirs}")
        contests[width].print_times()
    for width, contest in contests.items():
        ratio = contest.ratio(Ours.name, TorchLoop.name)
        print_target(f"width {width} / {TorchLoop.name}", ratio, TARGETS[width])
    for width, contest in contests.items():
        ratio = contest.ratio(Ours.name, Stacked.name)
        print_measured(f"width {width} / {Stacked.name}", ratio)
    return contests
