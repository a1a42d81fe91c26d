"""A worker: a process that trains one population after the other."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import torch

__all__ = ["Outcome", "Task", "work"]


@dataclass(frozen=True)
class Task:
    """A population to train.

    Attributes:
        run: a function of a module, to be called with `arguments` and, last, a function that it
            calls after every epoch.
        arguments: picklable.
    """

    run: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of a task: its result, or the error that ended it."""

    result: Any = None
    error: Exception | None = None


def work(connection: Connection) -> None:
    """Run the tasks that come; send None after each epoch and an `Outcome` after each task.

    It ends when the other end of the connection is closed, which the system does for a parent
    that was killed, too.
    """
    # One thread each, so that a result does not depend on how many processes there are.
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    try:
        while True:
            connection.send(_outcome(connection.recv(), connection))
    except (EOFError, ConnectionError):
        return


def _outcome(task: Task, connection: Connection) -> Outcome:
    try:
        return Outcome(task.run(*task.arguments, lambda: connection.send(None)))
    except Exception as error:  # noqa: BLE001  # the parent raises it
        error.add_note(f"In a worker process:\n{traceback.format_exc()}")
        return Outcome(error=error)
