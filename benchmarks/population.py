"""Populations against their rivals: ratios of times beside their targets, and a figure.

    python benchmarks/population.py [--only sizes tables] [--threads 1] [--figure FILE] [--quick]

On one thread and on all cores, each in a process of its own, where all rivals of a ratio take
turns; `make bench-population` runs all of it, in some minutes per number of threads. Run it on a
quiet machine. The cores and the study do not depend on the threads of this process, and are timed
once.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import torch
from populations.cores import compare_cores
from populations.extent import QUICK, Extent
from populations.figure import write_figure
from populations.settings import compare_settings
from populations.sizes import compare_sizes
from populations.study import compare_study
from populations.tables import compare_tables
from populations.threads import cores, environment, limit
from populations.widths import compare_widths

BY_THREADS = ("sizes", "tables", "settings", "widths")
ONCE = ("cores", "study")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time populations against their rivals.")
    parts = [*BY_THREADS, *ONCE]
    parser.add_argument("--only", nargs="+", choices=parts, default=parts, help="these parts alone")
    parser.add_argument("--threads", type=int, help="in this process  [default: 1, then all cores]")
    parser.add_argument("--figure", type=Path, help="write the figure of one thread into this file")
    parser.add_argument("--rounds", type=int, help="how often everything is timed  [default: 9]")
    parser.add_argument("--quick", action="store_true", help="see that it works, and no more")
    chosen = parser.parse_args()
    extent = QUICK if chosen.quick else Extent()
    if chosen.rounds:
        extent = replace(extent, rounds=chosen.rounds)
    if chosen.threads is not None:
        compare_by_threads(extent, chosen.only, chosen.threads, chosen.figure)
        return
    if set(chosen.only) & set(BY_THREADS):
        for threads in sorted({1, cores()}):
            start_process(threads)
    torch.set_num_threads(1)  # as the processes that train the blocks
    if "cores" in chosen.only:
        compare_cores(extent)
    if "study" in chosen.only:
        compare_study(extent)


def start_process(threads: int) -> None:
    """This script again with what it was called with, for a number of threads."""
    command = [sys.executable, *sys.argv, "--threads", str(threads)]
    subprocess.run(command, check=True, env=environment(threads))


def compare_by_threads(extent: Extent, parts: list[str], threads: int, figure: Path | None) -> None:
    """The parts that depend on the threads of the process."""
    start, found = perf_counter(), cores()
    limit(threads)
    print(f"On {threads} of {found} cores; {versions()}", flush=True)
    sizes = compare_sizes(extent) if "sizes" in parts else {}
    if "tables" in parts:
        compare_tables(extent)
    if "settings" in parts:
        compare_settings(extent)
    widths = compare_widths(extent) if "widths" in parts else {}
    if figure is not None and threads == 1 and sizes and widths:
        write_figure(figure, sizes, widths)
        print(f"The figure is in {figure}")
    print(f"This took {perf_counter() - start:.0f} s\n")


def versions() -> str:
    """Of the libraries that are compared."""
    modules = {"torch": "torch", "jax": "jax", "scikit-learn": "sklearn"}
    return ", ".join(f"{n} {version(n)}" for n, module in modules.items() if find_spec(module))


if __name__ == "__main__":
    main()
