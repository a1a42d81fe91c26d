"""keep_freed_memory: what a step frees stays with the process, for the next step."""

from __future__ import annotations

from functools import cache

import torch

__all__ = ["keep_freed_memory"]

MOST = 31 * 2**20  # bytes; glibc adapts to nothing above 32 MiB


@cache
def keep_freed_memory() -> None:
    """Let the C library keep freed tensors of less than 31 MiB, once in a process.

    glibc gives them back to the system, and the next step faults their pages in again, which is a
    third of the time of a population whose activations are large. It stops doing so for blocks no
    larger than the largest that has been freed: one is allocated here, never touched, so that it
    takes no memory, and freed. At most twice its size then stays with the process. Other C
    libraries, and a glibc whose variables `MALLOC_…` say otherwise, go on as they did.
    Source: mallopt(3), M_MMAP_THRESHOLD.
    """
    torch.empty(MOST, dtype=torch.uint8)
