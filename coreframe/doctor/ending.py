"""Ending: what a trial's process has left behind."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

__all__ = ["Ending"]


class Ending:
    """What is left of a process that has ended, in its folder.

    Args:
        folder: the process's own.
        status: what it ended with; negative for a signal, None if it could not start.
        is_late: whether it was ended by us.
    """

    def __init__(self, folder: Path, status: int | None, *, is_late: bool) -> None:
        self.status = status
        self.is_late = is_late
        self._folder = folder

    @property
    def outcome(self) -> tuple[str, str, tuple[int, int]] | None:
        """What the process itself wrote: id, cause, how much was printed before; or nothing."""
        try:
            id_, cause, (out, err) = json.loads((self._folder / "result").read_bytes())
            return str(id_), str(cause), (int(out), int(err))
        except (OSError, ValueError, TypeError):
            return None

    def printed(self, stream: str, since: int) -> str:
        """The first line that it printed after so many bytes; empty if there is none."""
        with suppress(OSError), (self._folder / stream).open("rb") as file:
            file.seek(since)
            lines = file.read(10_000).decode(errors="replace").splitlines()
            return next((line.strip() for line in lines if line.strip()), "")
        return ""
