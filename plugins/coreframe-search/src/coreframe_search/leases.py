"""Leases: which workers of a study are at work."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from typing import Any, Self

import optuna
from optuna.storages import BaseStorage

__all__ = ["Leases"]

PREFIX = "worker "
BEATS = 6  # within the time after which a silent worker is taken for dead


class Leases:
    """Tells the study that this worker lives, and whether others do.

    Each worker counts beats in an attribute of the study. One whose count has stood still for
    the grace, by the clock of whoever looks, is taken for dead; one of this machine whose process
    is gone, at once. (Optuna's own heartbeat is kept for `Study.optimize`, by relational
    databases only, and by a transaction for each trial.)

    Args:
        storage: the database.
        study_id: of the study there.
        grace: seconds.
    """

    def __init__(self, storage: BaseStorage, study_id: int, grace: float) -> None:
        self.storage, self.study_id, self.grace = storage, study_id, grace
        self.worker = uuid.uuid4().hex[:12]
        self._seen: dict[str, tuple[Any, float]] = {}
        self._beat = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._tell()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def alive(self, worker: str) -> bool:
        """Whether a worker is at work, as far as can be known."""
        if worker == self.worker:
            return True
        attributes = self.storage.get_study_user_attrs(self.study_id)
        told = attributes.get(f"{PREFIX}{worker}", {})
        if told.get("host") == socket.gethostname() and not _runs(told.get("pid", 0)):
            return False
        beat, since = self._seen.get(worker, (None, 0.0))
        now = time.monotonic()
        if worker not in self._seen or beat != told.get("beat"):
            self._seen[worker] = (told.get("beat"), now)
            return True
        return now - since <= self.grace

    def _go_on(self) -> None:
        while not self._ended.wait(self.grace / BEATS):
            try:
                self._tell()
            except (optuna.exceptions.OptunaError, OSError):
                continue  # a database that is busy, or gone for a moment: the next beat tells
        self.storage.remove_session()

    def _tell(self) -> None:
        self._beat += 1
        own = {"host": socket.gethostname(), "pid": os.getpid(), "beat": self._beat}
        self.storage.set_study_user_attr(self.study_id, f"{PREFIX}{self.worker}", own)


def _runs(process: int) -> bool:
    """Whether a process of this machine is there, as far as can be asked."""
    if os.name != "posix":  # elsewhere signal 0 means Ctrl-C
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
