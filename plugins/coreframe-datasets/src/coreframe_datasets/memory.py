"""memory_limit: how much memory this process may take."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["memory_limit"]

GROUP = Path("/sys/fs/cgroup/memory.max")  # of a container


def memory_limit() -> int | None:
    """Bytes of memory that this process may take, by machine, container and limits of the shell.

    None where nothing says so.
    """
    found: list[int] = []
    with suppress(AttributeError, OSError, ValueError):  # no POSIX
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):  # no such file, or "max"
        found.append(int(GROUP.read_text(encoding="ascii")))
    with suppress(ImportError):  # no POSIX
        import resource  # noqa: PLC0415

        for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
            soft, _ = resource.getrlimit(kind)
            if soft != resource.RLIM_INFINITY:
                found.append(soft)
    return min(found, default=None)
