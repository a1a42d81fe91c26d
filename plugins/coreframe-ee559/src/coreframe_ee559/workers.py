"""Workers: the study's populations, spread over processes."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any

from coreframe import CoreframeError
from coreframe_ee559.worker import Outcome, Task, work

__all__ = ["run_tasks"]

# glibc hands large tensors back to the system when a step is done, and the next step faults
# their pages in again: a quarter of the study's time. Other C libraries ignore these.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "1000000000"}


def run_tasks(tasks: Sequence[Task], jobs: int, on_epoch: Callable[[], None]) -> list[Any]:
    """The results of the tasks, in their order; the first failure ends them all and is raised.

    Raises:
        CoreframeError: if a worker process ends before its task does.
    """
    results: dict[int, Any] = {}
    waiting = deque(range(len(tasks)))
    with _workers(min(jobs, len(tasks))) as idle:
        running: dict[Connection, int] = {}
        while len(results) < len(tasks):
            while idle and waiting:
                worker, index = idle.pop(), waiting.popleft()
                with _expected_alive():
                    worker.send(tasks[index])
                running[worker] = index
            ready = wait(running)
            for worker in [worker for worker in running if worker in ready]:
                with _expected_alive():
                    outcome: Outcome | None = worker.recv()
                if outcome is None:
                    on_epoch()
                elif outcome.error is not None:
                    raise outcome.error
                else:
                    results[running.pop(worker)] = outcome.result
                    idle.append(worker)
    return [results[index] for index in range(len(tasks))]


@contextmanager
def _expected_alive() -> Iterator[None]:
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise CoreframeError(
            "a worker process ended before its training did, perhaps for lack of memory; "
            "try again with fewer jobs"
        ) from error


@contextmanager
def _workers(count: int) -> Iterator[list[Connection]]:
    """Connections to that many processes, which end with the block."""
    context = multiprocessing.get_context("spawn")
    connections, processes = [], []
    try:
        with _environment(KEEP_MEMORY):
            for _ in range(count):
                here, there = context.Pipe()
                connections.append(here)
                process = context.Process(target=work, args=(there,), daemon=True)
                process.start()
                processes.append(process)
                there.close()  # held open here, it would hide that the worker has ended
        yield list(connections)
    finally:
        for process in processes:
            process.terminate()
            process.join()
        for connection in connections:
            connection.close()


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
