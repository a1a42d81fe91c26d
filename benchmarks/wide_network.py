"""A wide network, 784-1024-1024-10, batch 256, on one thread: time, and peak memory.

Peak memory is that of a process that does nothing else, so each side runs in one of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import torch
from ours import Ours
from rivals.rival import Rival
from rivals.torch_loop import TorchLoop
from timing import median_ratio, print_target, time_training
from training import Training

SIZES = (784, 1024, 1024, 10)
SAMPLES, BATCH = 2560, 256
MAKERS: Mapping[str, Callable[[Training], Rival]] = {
    TorchLoop.name: TorchLoop,
    Ours.name: Ours,
}


def make_training() -> Training:
    torch.set_num_threads(1)
    return Training.drawn(SIZES, SAMPLES, BATCH)


def peak_megabytes(name: str) -> float:
    """The peak of a process of its own, which this script is then called for."""
    command = [sys.executable, __file__, name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_peak(name: str) -> None:
    rival = MAKERS[name](make_training())
    for _ in range(3):
        rival.train()
    # Not getrusage: its figure is at least that of the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (peak,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    print(int(peak) / 1024)


def main() -> None:
    training = make_training()
    seconds = time_training({name: make(training).train for name, make in MAKERS.items()})
    peaks = {name: peak_megabytes(name) for name in MAKERS}
    for name, times in seconds.items():
        per_step = 1e3 * median(times) / training.steps
        print(f"{name:14s} {per_step:8.2f} ms per step, peak {peaks[name]:7.1f} MiB")
    ratio = median_ratio(seconds[Ours.name], seconds[TorchLoop.name])
    print_target("784-1024-1024-10, time / torch.nn", ratio, 0.9)
    print_target(
        "784-1024-1024-10, peak memory / torch.nn", peaks[Ours.name] / peaks[TorchLoop.name], 1
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print_peak(sys.argv[1])
    else:
        main()
