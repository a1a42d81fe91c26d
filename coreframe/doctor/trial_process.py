"""TrialProcess: a process that imports one component, watched from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from coreframe.doctor.ending import Ending
from coreframe.registry.record import ComponentRecord

__all__ = ["TrialProcess"]

# The path goes first, so that no module of the current folder takes the place of one of ours.
_START = (
    "import sys; _, given, result, name, *path = sys.argv; "
    "sys.path[:] = path; sys.argv[:] = [name]; "
    "from coreframe.doctor.trial import run_trial; run_trial(given, result)"
)


class TrialProcess:
    """Starts when it is made.

    Args:
        record: what to import.
        folder: an empty one for its files; output goes into files, since a pipe stays open as
            long as anything that the plugin starts.
        limit: seconds until it is ended.
    """

    def __init__(self, record: ComponentRecord, folder: Path, limit: float) -> None:
        self.folder = folder
        self._deadline = time.monotonic() + limit
        self._process: subprocess.Popen[bytes] | None = None
        command = [
            *(sys.executable, *_options(), "-P", "-c", _START),
            *(json.dumps(asdict(record)), str(folder / "result"), sys.argv[0]),
            *(entry for entry in sys.path if isinstance(entry, str)),
        ]
        with (
            (folder / "stdout").open("wb") as out,
            (folder / "stderr").open("wb") as err,
            suppress(OSError, ValueError),
        ):
            self._process = subprocess.Popen(  # noqa: S603  # this interpreter, our own words
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def poll(self) -> Ending | None:
        """How it ended; None as long as it runs and may."""
        if self._process is None:
            return Ending(self.folder, None, is_late=False)
        status = self._process.poll()
        is_late = status is None and not time.monotonic() < self._deadline
        if status is None and not is_late:
            return None
        self.end()
        return Ending(self.folder, self._process.returncode, is_late=is_late)

    def end(self) -> None:
        """End it, if it runs, and everything that it has started."""
        if self._process is None:
            return
        if sys.platform != "win32":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # the leader of its own session
        with suppress(OSError):
            self._process.kill()
        self._process.wait()


def _options() -> list[str]:
    """The interpreter's options that change how, or whether, something is imported."""
    flags = {
        "-I": sys.flags.isolated,
        "-E": sys.flags.ignore_environment,
        "-s": sys.flags.no_user_site,
        "-S": sys.flags.no_site,
        "-B": sys.flags.dont_write_bytecode,
        "-O": sys.flags.optimize == 1,
        "-OO": sys.flags.optimize == 2,
    }
    settings = sys._xoptions.items()  # noqa: SLF001  # it is documented
    return [
        *(option for option, is_given in flags.items() if is_given),
        *(f"-W{warning}" for warning in sys.warnoptions),
        *(f"-X{name}" if value is True else f"-X{name}={value}" for name, value in settings),
    ]
