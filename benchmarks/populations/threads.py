"""The threads of a process: one, or one for each core, in every library that is compared."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import torch

COUNTS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def environment(threads: int) -> Mapping[str, str]:
    """The variables with which a process is to be started."""
    counts = dict.fromkeys(COUNTS, str(threads))
    return os.environ | counts


def limit(threads: int) -> None:
    """Hold this process to so many cores; before JAX counts them."""
    torch.set_num_threads(threads)
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    elif threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
