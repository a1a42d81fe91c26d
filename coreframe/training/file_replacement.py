"""Replacing a file whole: it is written beside its place and renamed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, renamed to `path` if nothing is raised inside, and removed otherwise.

    Of a link, what it points to is replaced. An earlier file's permissions are kept; a new file
    gets those of any file that the user makes.

    Raises:
        OSError: if the folder does not exist or cannot be written to, or `path` is no file.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"the folder {target.parent} does not exist")
    if target.is_dir():
        raise IsADirectoryError("it is a folder; name a file in it")
    if target.exists() and not target.is_file():
        raise FileExistsError("it is a device or a pipe, not a file; name another place")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        # What this file is created with is what the umask leaves; asking for the umask itself
        # would change it for all threads.
        temporary.touch()
        mode = stat.S_IMODE((target if target.exists() else temporary).stat().st_mode)
        yield temporary
        temporary.chmod(mode)
        _sync(temporary)  # else a power cut may leave the new name with none of the content
        temporary.replace(target)
        _sync(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # where no folder can be opened
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
