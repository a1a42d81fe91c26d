"""The report's network, 2-25-25-25-2, batch 16, on one thread: one model, and 100 as one.

Run it on a quiet machine: `make bench`. Ratios within one run are what counts; the times
themselves vary by tens of per cent between machines and hours. `make bench-population` compares
with more rivals, and populations of other sizes.
"""

from __future__ import annotations

from functools import partial

import torch
from ours import Ours
from populations.contest import Contest
from rivals.rival import Timed, proven
from rivals.stacked import Stacked
from rivals.torch_loop import TorchLoop
from timing import ROUNDS, print_measured, print_target
from training import Training

SIZES = (2, 25, 25, 25, 2)
SAMPLES, BATCH, REPLICAS = 1000, 16, 100
LONE = "coreframe, one model"
PLAIN = f"{TorchLoop.name}, torch.optim as it comes"


def main() -> None:
    torch.set_num_threads(1)
    training = Training.drawn(SIZES, SAMPLES, BATCH, replicas=REPLICAS)
    lone = training.of(1)
    rivals: dict[str, Timed] = {
        PLAIN: proven(partial(TorchLoop, fused=False), lone),
        TorchLoop.name: proven(TorchLoop, lone),
        Stacked.name: proven(Stacked, training),
        Ours.name: Ours(training),
        LONE: Ours(lone),
    }
    contest = Contest(rivals, training.steps, ROUNDS)
    contest.print_times()
    for name, target in ((PLAIN, 1 / 40), (Stacked.name, 0.7)):
        print_target(f"{REPLICAS} models / {name}", contest.ratio(Ours.name, name), target)
    print_target(f"one model / {PLAIN}", contest.ratio(LONE, PLAIN), 0.4)
    fused = contest.ratio(Ours.name, TorchLoop.name), contest.ratio(LONE, TorchLoop.name)
    print_measured(f"{REPLICAS} models / {TorchLoop.name}, fused", fused[0])
    print_measured(f"one model / {TorchLoop.name}, fused", fused[1])


if __name__ == "__main__":
    main()
