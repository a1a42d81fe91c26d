"""A worker: a process that carries out one task after the other."""

from __future__ import annotations

import pickle
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import torch

from coreframe.errors import CoreframeError

__all__ = ["Outcome", "Report", "Task", "work"]


@dataclass(frozen=True)
class Task:
    """Something to compute in a process of its own, such as the training of a population.

    Attributes:
        run: a function of a module, to be called with `arguments` and, last, with a function
            `report(value=None)`, by which it tells how far it is.
        arguments: what can be pickled.
    """

    run: Callable[..., Any]
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Report:
    """What a task tells on its way."""

    value: Any


@dataclass(frozen=True)
class Outcome:
    """What came of a task: its result, or the error that ended it."""

    result: Any = None
    error: Exception | None = None


def work(connection: Connection) -> None:
    """Carry out the tasks that come; send their reports, and an `Outcome` after each.

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
    def report(value: Any = None) -> None:
        connection.send(Report(value))

    try:
        return Outcome(task.run(*task.arguments, report))
    except Exception as error:  # noqa: BLE001  # the parent raises it
        where = f"In a worker process:\n{traceback.format_exc()}"
        sent = _sendable(error)
        sent.add_note(where)
        return Outcome(error=sent)


def _sendable(error: Exception) -> Exception:
    """The error, or one that says the same where pickle cannot make it anew."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # what was written in this line
    except Exception:  # noqa: BLE001  # whatever its class does
        text = str(error)
        known = isinstance(error, CoreframeError)
        return CoreframeError(text if known else f"{type(error).__name__}: {text}")
    return error
