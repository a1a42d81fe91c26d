"""Trial: what runs in a process of its own, to see whether one component can be imported."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from coreframe.errors import BrokenPlugin, PolicyError
from coreframe.registry.hook_plugins import raised
from coreframe.registry.hookspecs import hookimpl
from coreframe.registry.kinds import KINDS
from coreframe.registry.policy import Policy
from coreframe.registry.policy_sources import NO_PLUGINS, read_policy
from coreframe.registry.record import ComponentRecord
from coreframe.registry.registry import Registry, get_registry

__all__ = ["Outcome", "run_trial"]


class Outcome(NamedTuple):
    """How a trial went.

    Attributes:
        id: of the finding; empty if all is well.
        cause: what is wrong then.
        printed_before: how much was in the files of stdout and stderr before the plugin's turn.
    """

    id: str
    cause: str
    printed_before: tuple[int, int]


class _Alone:
    """A source that knows of one record."""

    def __init__(self, record: ComponentRecord) -> None:
        self._record = record

    @hookimpl
    def coreframe_components(self) -> Sequence[ComponentRecord]:
        return [self._record]


def run_trial(given: str, result: str) -> NoReturn:
    """Import what the record names, write the outcome into a file, and end the process.

    A file, since a plugin may print, and may close whatever is open.

    Args:
        given: the record, as JSON.
        result: the file.
    """
    record = ComponentRecord(**json.loads(given))
    _expect_policy()
    if record.kind in KINDS:
        import coreframe.assembly.create  # noqa: F401, PLC0415  # it imports torch, which may print
    printed = _flushed_sizes()
    try:
        id_, cause = _attempt(record)
    except BaseException as error:  # noqa: BLE001  # also KeyboardInterrupt, which a plugin may raise
        id_, cause = "CF020", f"loading {record.target} {raised(error).removeprefix('it ')}"
    _flushed_sizes()
    Path(result).write_text(json.dumps(Outcome(id_, cause, printed)), encoding="utf-8")
    os._exit(0)  # threads and handlers that the plugin left behind are not what is tried


def _attempt(record: ComponentRecord) -> tuple[str, str]:
    try:
        loaded = get_registry().load(record)
    except BrokenPlugin as error:
        return "CF020", str(error)
    if record.kind == "command":
        fault = f"{record.target} is not a function; report this to its author"
        return ("", "") if inspect.isfunction(loaded) else ("CF021", fault)
    if record.kind == "hooks":
        registry = Registry([_Alone(record)], Policy())
        registry.hooks()
        return next((("CF024", fault) for fault in registry.hook_faults), ("", ""))
    from coreframe.assembly.create import load_class  # noqa: PLC0415  # it imports torch

    try:
        load_class(record)
    except BrokenPlugin as error:
        return "CF021", str(error)
    except Exception as error:  # noqa: BLE001  # a class of a class may do anything
        return "CF021", f"asking for the interface of {record.target}, {raised(error)}"
    return "", ""


def _expect_policy() -> None:
    """Where the policy cannot be read, which is a finding of its own, do without one."""
    try:
        read_policy()
    except PolicyError:
        os.environ[NO_PLUGINS] = "1"


def _flushed_sizes() -> tuple[int, int]:
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
    for stream in streams:
        try:
            stream.flush()
        except Exception:  # noqa: BLE001, S112  # a plugin may have closed or replaced it
            continue
    return _size(1), _size(2)


def _size(descriptor: int) -> int:
    try:
        return os.fstat(descriptor).st_size
    except OSError:
        return 0
