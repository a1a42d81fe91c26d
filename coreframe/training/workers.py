"""Workers: tasks, such as the blocks of a population, spread over processes."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any, TypeAlias

from coreframe.errors import CoreframeError
from coreframe.interfaces.whole_number import whole_number
from coreframe.training.worker import Outcome, Report, Task, work

__all__ = ["OnReport", "run_tasks"]

OnReport: TypeAlias = Callable[[int, Any], None]
"""Called with the index of a task and what it reports."""


def run_tasks(
    tasks: Sequence[Task], workers: int, on_report: OnReport = lambda _index, _value: None
) -> list[Any]:
    """Carry out tasks in processes of one thread each.

    So the number of workers changes no bit of a result, only the time. The processes are started
    anew, as `multiprocessing` does with `spawn`: a script that calls this needs the line
    `if __name__ == "__main__":`.

    Args:
        tasks: what to do.
        workers: how many processes at once. They are not threads, whose short steps wait for
            Python's lock: two blocks of 150 small models train 1.9 times as fast in two processes,
            which take a second to start, and 1.5 to 1.6 times in two threads.
        on_report: called here with a task's index and what it reports.

    Returns:
        The results of the tasks, in their order.

    Raises:
        ArgumentError: for fewer than one worker.
        Exception: the first that a task raises; the others are ended then.
        CoreframeError: if a worker process ends before its task does.
    """
    workers = whole_number("run_tasks: workers", workers)
    results: dict[int, Any] = {}
    waiting = deque(range(len(tasks)))
    with _workers(min(workers, len(tasks))) as idle:
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
                    outcome: Outcome | Report = worker.recv()
                if isinstance(outcome, Report):
                    on_report(running[worker], outcome.value)
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
            "a worker process ended before its task did, perhaps for lack of memory; "
            "try again with fewer workers"
        ) from error


@contextmanager
def _workers(count: int) -> Iterator[list[Connection]]:
    """Connections to that many processes, which end with the block."""
    context = multiprocessing.get_context("spawn")
    connections, processes = [], []
    try:
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
