"""Watchers: who is told what happens in a run."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pluggy import HookImpl
from torch import Tensor

from coreframe.errors import PluginWarning
from coreframe.interfaces.module import Module
from coreframe.registry.hook_plugins import HookPlugins, raised
from coreframe.registry.hookspecs import hookimpl
from coreframe.registry.registry import get_registry
from coreframe.training.history import History
from coreframe.training.run import Run

__all__ = ["EpochFunction", "OnEpoch", "Watchers"]

REPORT = "; report this to its author"
SWITCHED = "it left layers switched between training and evaluation, which has been undone"

OnEpoch: TypeAlias = Callable[[int, dict[str, Tensor]], None]
"""Called after each epoch with its number, from 0, and its row of each figure of the history."""


class Watchers:
    """The watchers of one run: its own, and those that plugins bring.

    What a plugin's watcher raises becomes a `PluginWarning`, and it is told no more of this run;
    likewise if it leaves layers in another mode than it found, which is undone.
    The run's own are a part of it: what they raise ends it.

    Args:
        run: what they watch.
        own: watchers of this run alone.
    """

    def __init__(self, run: Run, *own: object) -> None:
        self.run = run
        self._own = HookPlugins()
        for watcher in own:
            self._own.register(watcher)
        self._plugins = get_registry().hooks()
        self._silenced: set[int] = set()
        self._found: dict[str, tuple[list[HookImpl], list[HookImpl]]] = {}
        for fault in get_registry().hook_faults:
            warnings.warn(
                f"{fault}; this run is not watched by it", PluginWarning, stacklevel=_outside()
            )

    def start(self) -> None:
        """Tell that the first step comes."""
        self._tell("coreframe_run_start")

    @property
    def see_steps(self) -> bool:
        """Whether anybody wants to be told of each step; asked once, since steps are short."""
        return any(self._called("coreframe_run_step"))

    def step(self) -> None:
        """Tell that a batch is done."""
        self._tell("coreframe_run_step")

    def epoch(self, epoch: int, figures: Mapping[str, Tensor]) -> None:
        """Tell what an epoch gave."""
        self._tell("coreframe_run_epoch", epoch=epoch, figures=figures)

    def end(self, history: History) -> None:
        """Tell that the run is done."""
        self._tell("coreframe_run_end", history=history)

    def failure(self, error: BaseException) -> None:
        """Tell what ended the run."""
        self._tell("coreframe_run_failure", error=error)

    def _tell(self, hook: str, **arguments: Any) -> None:
        own, others = self._called(hook)
        given = {"run": self.run, **arguments}
        for implementation in own:
            implementation.function(*[given[name] for name in implementation.argnames])
        for implementation in others:
            if id(implementation.plugin) in self._silenced:
                continue
            fault, mend, modes = "", REPORT, self._modes()
            try:
                implementation.function(*[given[name] for name in implementation.argnames])
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001  # also SystemExit: the run goes on
                fault = raised(error)
                mend = "" if isinstance(error, OSError) else REPORT  # a full disk is no fault of it
            finally:
                moved = _restore(modes)
            if fault or moved:
                self._silenced.add(id(implementation.plugin))
                warnings.warn(
                    f"{self._plugins.describe(implementation)} watches this run no more: in "
                    f"{hook} {fault or SWITCHED}{mend}",
                    PluginWarning,
                    stacklevel=_outside(),
                )

    def _modes(self) -> list[tuple[Module, bool]]:
        """Which layers train: a watcher that evaluates the model must leave them so."""
        return [(module, module.training) for _, module in self.run.model.named_modules()]

    def _called(self, hook: str) -> tuple[list[HookImpl], list[HookImpl]]:
        """The run's own implementations of a hook, and the plugins'; looked up once."""
        if hook not in self._found:
            plugins = self._plugins.implementations(hook)
            self._found[hook] = (self._own.implementations(hook), plugins)
        return self._found[hook]


def _restore(modes: list[tuple[Module, bool]]) -> bool:
    """Give layers the modes that they had; whether one of them had another."""
    moved = [(module, training) for module, training in modes if module.training is not training]
    for module, training in moved:
        module.training = training
    return bool(moved)


def _outside() -> int:
    """How many calls up the code of whoever trains is, which a warning should point at."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001  # as the module warnings does
    while frame.f_back is not None and frame.f_globals["__name__"].startswith("coreframe."):
        level, frame = level + 1, frame.f_back
    return level


class EpochFunction:
    """Built in: calls the function that `train_model` was given."""

    def __init__(self, function: OnEpoch) -> None:
        self.function = function

    @hookimpl
    def coreframe_run_epoch(self, run: Run, epoch: int, figures: Mapping[str, Tensor]) -> None:  # noqa: ARG002  # the hook's
        self.function(epoch, dict(figures))
