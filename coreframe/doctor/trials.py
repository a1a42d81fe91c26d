"""Trials: every component imported in a process of its own, a few at a time."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from coreframe.doctor.catalogue import make_finding
from coreframe.doctor.diagnosis import in_order
from coreframe.doctor.ending import Ending
from coreframe.doctor.finding import Finding
from coreframe.doctor.installation import Installation
from coreframe.doctor.subject import author, subject_of
from coreframe.doctor.trial_process import TrialProcess
from coreframe.registry.record import ComponentRecord

__all__ = ["try_imports"]

PAUSE = 0.02  # seconds between two looks at the processes


def try_imports(
    installation: Installation,
    limit: float,
    on_done: Callable[[ComponentRecord], None] = lambda _: None,
) -> list[Finding]:
    """What shows only when components, commands and hooks modules are imported.

    Args:
        installation: all in it that the metadata find usable are tried.
        limit: seconds for each.
        on_done: told of each when it is done.
    """
    findings: list[Finding] = []
    waiting, running = installation.usable[::-1], list[tuple[ComponentRecord, TrialProcess]]()
    with tempfile.TemporaryDirectory(prefix="coreframe-", ignore_cleanup_errors=True) as folder:
        try:
            while waiting or running:
                while waiting and len(running) < (os.cpu_count() or 1):
                    own = Path(tempfile.mkdtemp(dir=folder))
                    running.append((waiting[-1], TrialProcess(waiting.pop(), own, limit)))
                for trial in tuple(running):
                    record, process = trial
                    ending = process.poll()
                    if ending is not None:
                        running.remove(trial)
                        findings += _read(record, ending, limit)
                        on_done(record)
                time.sleep(PAUSE)
        finally:
            for _, process in running:
                process.end()
    return in_order(findings)


def _read(record: ComponentRecord, ending: Ending, limit: float) -> Iterator[Finding]:
    subject = subject_of(record)
    outcome = ending.outcome
    if outcome is None:
        if ending.is_late:
            yield make_finding(
                "CF022",
                subject,
                f"loading {record.target} takes longer than {limit:g} seconds; "
                f"give more by --timeout, or {author(record)}",
            )
            return
        yield make_finding(
            "CF020", subject, f"loading {record.target} {_end(ending)}; {author(record)}"
        )
        return
    id_, cause, before = outcome
    if id_:
        told = cause.removeprefix(f"{subject} cannot be used: ")
        if told.startswith(f"{subject} "):
            told = f"it {told.removeprefix(f'{subject} ')}"
        yield make_finding(id_, subject, told)
    for stream, since in zip(("stdout", "stderr"), before, strict=True):
        line = ending.printed(stream, since)
        if line:
            yield make_finding(
                "CF023",
                subject,
                f"loading {record.target} prints to {stream}, first {line!r}; {author(record)}",
            )


def _end(ending: Ending) -> str:
    if ending.status is None:
        return "needs a process of its own, which cannot be started here"
    last = ending.printed("stderr", 0)
    said = f", with {last!r} on stderr" if last else ""
    if ending.status < 0:
        try:
            name = signal.Signals(-ending.status).name
        except ValueError:
            name = f"signal {-ending.status}"
        return f"ended its process by {name}{said}"
    return f"ended its process with exit status {ending.status}{said}"
