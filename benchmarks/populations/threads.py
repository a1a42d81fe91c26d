"""The threads of a process: one, or one for each core, in every library that is compared."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import torch

COUNTS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
# The C library gives large tensors back to the system after each step, and the next step faults
# their pages in again. Processes of coreframe that train blocks keep them; so may all rivals.
KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "1000000000"}


def environment(threads: int, *, keep_memory: bool) -> Mapping[str, str]:
    """The variables with which a process is to be started."""
    counts = dict.fromkeys(COUNTS, str(threads))
    return os.environ | counts | (KEPT_MEMORY if keep_memory else {})


def limit(threads: int) -> None:
    """Hold this process to so many cores; before JAX counts them."""
    torch.set_num_threads(threads)
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    elif threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"


def keeps_memory() -> bool:
    """Whether this process was started with memory that is kept from step to step."""
    return all(os.environ.get(name) == value for name, value in KEPT_MEMORY.items())


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
