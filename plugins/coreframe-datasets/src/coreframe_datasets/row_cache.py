"""cached_rows: the rows of a table on disk, converted once and used again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from coreframe import ArgumentError
from coreframe_datasets.row_file import RowFile
from coreframe_datasets.table_source import TableSource

__all__ = ["cached_rows"]

FOLDER = "COREFRAME_CACHE"
FORMAT = 1  # raised when files of older versions must not be used any more
ABANDONED = 3600.0  # seconds: a file that nobody has written to for so long will not be finished
TICK = 20_000_000  # nanoseconds: of two changes within one, the clock of a file shows the same


def cached_rows(
    source: TableSource, settings: object, write: Callable[[IO[bytes], Path], None]
) -> RowFile:
    """The rows of a file, as `write` makes them, or as it made them when the file was the same.

    They are kept in a folder for caches; of a file that has changed the older ones are removed.
    Several processes may ask at once: each sees a whole file or none.

    Args:
        source: the file.
        settings: as JSON, what else the rows depend on.
        write: writes them to an open file, whose path it gets, too.

    Raises:
        ArgumentError: if the rows cannot be kept, or the file changes while it is read.
    """
    folder = _folder()
    # What is changed within the same tick again could not be told from what is read now.
    time.sleep(max(0, min(TICK, _state(source)[1] + TICK - time.time_ns())) / 1e9)
    state = _state(source)
    own = _digest([str(Path(source.path).resolve())])
    name = re.sub(r"[^\w.-]", "_", Path(source.path).stem)[:40]
    wanted = folder / f"{name}-{own}-{_digest(state)}-{_digest([FORMAT, settings])}.rows"
    with suppress(OSError, ValueError, KeyError, TypeError):
        return RowFile.open(wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder, f"{name}-{own}-", _digest(state))
        handle, made = tempfile.mkstemp(".tmp", f".{name}-", folder)
    except OSError as error:
        raise _unkept(source, folder, error) from None
    temporary = Path(made)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(source, state, write, file, temporary)
        temporary.replace(wanted)
        return RowFile.open(wanted)
    except OSError as error:
        raise _unkept(source, folder, error) from None
    finally:
        temporary.unlink(missing_ok=True)


def _write(
    source: TableSource,
    state: list[int],
    write: Callable[[IO[bytes], Path], None],
    file: IO[bytes],
    path: Path,
) -> None:
    try:
        write(file, path)
    except ArgumentError:
        if _state(source) != state:
            raise source.fault("has changed while it was read") from None
        raise
    if _state(source) != state:
        raise source.fault("has changed while it was read")


def _folder() -> Path:
    """What COREFRAME_CACHE names, or `coreframe` in the user's folder for caches."""
    if named := os.environ.get(FOLDER):
        return Path(named)
    given = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return Path(given or Path.home() / ".cache") / "coreframe"
    except RuntimeError:  # a user without a home
        return Path(tempfile.gettempdir()) / "coreframe"


def _state(source: TableSource) -> list[int]:
    """What tells one content of a file from another."""
    try:
        found = Path(source.path).stat()
    except OSError as error:
        raise source.fault(f"cannot be read: {error.strerror}") from None
    return [
        found.st_size,
        max(found.st_mtime_ns, found.st_ctime_ns),
        found.st_mtime_ns,
        found.st_ino,
    ]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def _sweep(folder: Path, own: str, state: str) -> None:
    """Remove the rows of earlier contents of the file, and what a process that was killed began."""
    for path in folder.glob(f"{own}*.rows"):
        if not path.name.startswith(f"{own}{state}-"):
            with suppress(OSError):
                path.unlink()
    for path in folder.glob(".*.tmp"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()


def _unkept(source: TableSource, folder: Path, error: OSError) -> ArgumentError:
    return ArgumentError(
        f"Table: the rows of {source.path} cannot be kept in {folder}: {error.strerror}; "
        f"{FOLDER} may name another folder, and stream=False keeps none"
    )
