"""EventFile: the epochs of a run in TensorBoard's format."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tensorboard.backend.event_processing.event_file_loader import (  # type: ignore[import-untyped]
    LegacyEventFileLoader,
)
from tensorboard.compat.proto.event_pb2 import (  # type: ignore[import-untyped]
    Event,
    SessionLog,
)
from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[import-untyped]
from tensorboard.summary.writer.record_writer import (  # type: ignore[import-untyped]
    RecordWriter,
)

__all__ = ["EventFile", "last_step"]

NAME = re.compile(r"events\.out\.tfevents\.(\d{4,})")

FLUSH_SECONDS = 5.0


class EventFile:
    """A new event file: one event per epoch, with a scalar for each figure.

    Files are numbered and not dated: TensorBoard reads them in the order of their names, which
    must be that of their writing, also on another machine and within a second.

    They are written by tensorboard's `RecordWriter` into a buffer of Python's. Its `EventFileWriter`
    is not used, since it writes in a thread, where a full disk is a traceback on standard error.

    Args:
        folder: where it is made.
        first: the step that it begins with; TensorBoard forgets what earlier files say of this
            step and those after it.

    Raises:
        OSError: if it cannot be written, here and in each method; the file is closed then.
    """

    def __init__(self, folder: Path, first: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        number = max((number for number, _ in _files(folder)), default=0) + 1
        self._records = RecordWriter((folder / f"events.out.tfevents.{number:04}").open("xb"))
        self._flushed = -FLUSH_SECONDS
        self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))
        start = SessionLog(status=SessionLog.START)
        self._write(Event(wall_time=time.time(), step=first, session_log=start), flush=True)

    def add(self, step: int, scalars: Mapping[str, float]) -> None:
        """Add the figures of an epoch, all of them or none.

        They are on the disk at once or, where epochs are shorter than five seconds, with a later
        one.
        """
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        due = time.monotonic() - self._flushed >= FLUSH_SECONDS
        self._write(
            Event(wall_time=time.time(), step=step, summary=Summary(value=values)), flush=due
        )

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._records.close()

    def _write(self, event: Any, *, flush: bool = False) -> None:
        try:
            self._records.write(event.SerializeToString())
            if flush:
                self._records.flush()
                self._flushed = time.monotonic()
        except OSError:
            with suppress(OSError):  # it tries to write once more, and is closed in any case
                self._records.close()
            raise


def last_step(folder: Path) -> int:
    """The last epoch that is whole in the event files of a folder; 0 if there is none."""
    last = 0
    for _, path in sorted(_files(folder)):
        for event in LegacyEventFileLoader(str(path)).Load():
            if event.HasField("session_log"):
                last = event.step - 1
            elif event.HasField("summary"):
                last = event.step
    return last


def _files(folder: Path) -> list[tuple[int, Path]]:
    """The files that were written by this class, each with its number."""
    names = ((NAME.fullmatch(path.name), path) for path in folder.glob("events.out.tfevents.*"))
    return [(int(name[1]), path) for name, path in names if name]
