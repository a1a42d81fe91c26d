"""The report's network, 2-25-25-25-2, batch 16, on one thread: one model, and 100 as one.

Run it on a quiet machine: `make bench`. Ratios within one run are what counts; the times
themselves vary by tens of per cent between machines and hours.
"""

from __future__ import annotations

from statistics import median

import torch
from ours import coreframe_epoch
from rivals import stacked_autograd, torch_loop
from timing import median_ratio, print_target, time_interleaved

SIZES = (2, 25, 25, 25, 2)
SAMPLES, BATCH, REPLICAS = 1000, 16, 100


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x = torch.rand(SAMPLES, 2)
    y = torch.eye(2)[((x - 0.5).square().sum(-1) < 0.16).long()]
    seconds = time_interleaved(
        {
            "torch.nn loop": torch_loop(SIZES, x, y, BATCH),
            "stacked autograd x 100": stacked_autograd(SIZES, x, y, BATCH, REPLICAS),
            "coreframe x 100": coreframe_epoch(SIZES, x, y, BATCH, range(REPLICAS)),
            "coreframe, one model": coreframe_epoch(SIZES, x, y, BATCH),
        }
    )
    steps = -(-SAMPLES // BATCH)
    for name, times in seconds.items():
        models = REPLICAS if "100" in name else 1
        per_step = 1e6 * median(times) / steps / models
        print(f"{name:28s} {per_step:8.2f} µs per model and step")
    ours, lone = seconds["coreframe x 100"], seconds["coreframe, one model"]
    loop, stacked = seconds["torch.nn loop"], seconds["stacked autograd x 100"]
    print_target("100 models / 100 loops of torch.nn", median_ratio(ours, loop) / REPLICAS, 1 / 40)
    print_target("100 models / stacked autograd", median_ratio(ours, stacked), 0.7)
    print_target("one model / loop of torch.nn", median_ratio(lone, loop), 0.4)


if __name__ == "__main__":
    main()
