"""Workers: the study's populations, spread over processes."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

__all__ = ["Task", "run_tasks"]

POLL_SECONDS = 0.1

# glibc hands large tensors back to the system when a step is done, and the next step faults
# their pages in again: a quarter of the study's time. Other C libraries ignore these.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "1000000000"}


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


class _Worker:
    """What a worker process holds: the queue on which it reports its epochs."""

    epochs: Any = None

    @classmethod
    def start(cls, epochs: Any) -> None:
        cls.epochs = epochs
        # One thread each, so that a result does not depend on how many processes there are.
        torch.set_num_threads(1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle

    @classmethod
    def run(cls, task: Task) -> Any:
        return task.run(*task.arguments, lambda: cls.epochs.put(None))


def run_tasks(tasks: Sequence[Task], jobs: int, on_epoch: Callable[[], None]) -> list[Any]:
    """The results of the tasks, in their order; the first failure ends them all and is raised."""
    context = multiprocessing.get_context("spawn")
    epochs = context.Queue()
    with (
        _environment(KEEP_MEMORY),
        ProcessPoolExecutor(min(jobs, len(tasks)), context, _Worker.start, (epochs,)) as pool,
    ):
        futures = [pool.submit(_Worker.run, task) for task in tasks]
        pending = set(futures)
        try:
            while pending:
                done, pending = wait(pending, POLL_SECONDS, FIRST_COMPLETED)
                for future in done:
                    future.result()
                _drain(epochs, on_epoch)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise
    return [future.result() for future in futures]


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """What processes that are started inside find in their environment, unless it is there."""
    added = {name: value for name, value in settings.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _drain(epochs: Any, on_epoch: Callable[[], None]) -> None:
    while True:
        try:
            epochs.get_nowait()
        except queue.Empty:
            return
        on_epoch()
