"""PluginLock: which distributions a saved model's components came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from coreframe.errors import CoreframeError, StateError
from coreframe.interfaces.component import Component
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.registry.kinds import kind_of
from coreframe.registry.record import ComponentRecord, normalize
from coreframe.registry.registry import get_registry

__all__ = ["PluginLock"]


@dataclass(frozen=True, order=True)
class LockedComponent:
    """A component as it was when the model was saved.

    Attributes:
        kind: a name of the table of kinds.
        name: as the spec writes it, perhaps with its distribution.
        distribution: the distribution that offered it.
        version: the distribution's version.
    """

    kind: str
    name: str
    distribution: str
    version: str

    def find(self, *, dynamic: bool) -> ComponentRecord:
        """What its name means now; where no metadata say it, hook modules if `dynamic`."""
        distribution, _, bare = self.name.rpartition(".")
        return get_registry().find(
            bare, kind=self.kind, distribution=distribution or None, dynamic=dynamic
        )

    def drift(self) -> str:
        """How the component of its name differs now; empty if it does not."""
        was = f"{self.kind} {self.name} was of {self.distribution} {self.version}"
        pin = f"pip install {self.distribution}=={self.version}"
        try:
            now = self.find(dynamic=False)  # asked before anything is imported
        except CoreframeError:
            return f"{was}, and is in no metadata now ({pin})"
        same = normalize(now.distribution) == normalize(self.distribution)
        if same and now.version == self.version:
            return ""
        return f"{was}, and is of {now.source} now" + (f" ({pin})" if same else "")


@dataclass(frozen=True)
class PluginLock:
    """The components of a model and its optimizer, each once."""

    components: tuple[LockedComponent, ...]

    @classmethod
    def of(cls, model: Module, optimizer: Optimizer | None) -> PluginLock:
        """The lock of what is installed now.

        Raises:
            UnknownComponent, AmbiguousComponent: for a component whose name does not give it.
        """
        return cls(tuple(sorted({_locked(component) for component in _parts(model, optimizer)})))

    @classmethod
    def read(cls, given: Iterable[dict[str, Any]]) -> PluginLock:
        """The lock that `plain` gave; raises TypeError for anything else."""
        return cls(tuple(LockedComponent(**{k: str(v) for k, v in e.items()}) for e in given))

    def plain(self) -> list[dict[str, str]]:
        """For JSON."""
        return [asdict(component) for component in self.components]

    def expect_whole(self, model: Module, optimizer: Optimizer | None) -> None:
        """Raise StateError unless it speaks of every component of these."""
        own = {(component.kind, component.name) for component in self.components}
        found = PluginLock.of(model, optimizer).components
        if lacking := [c.name for c in found if (c.kind, c.name) not in own]:
            raise StateError(f"its lock does not speak of {', '.join(lacking)}")

    def drift(self) -> tuple[str, ...]:
        """A clause for each component that is of another distribution or version now."""
        return tuple(filter(None, (component.drift() for component in self.components)))


def _parts(model: Module, optimizer: Optimizer | None) -> Iterator[Component]:
    yield from (module for _, module in model.named_modules())
    if optimizer is not None:
        yield optimizer


def _locked(component: Component) -> LockedComponent:
    kind, name = kind_of(type(component)), component.spec_name or type(component).__name__
    record = LockedComponent(kind, name, "", "").find(dynamic=True)
    return LockedComponent(kind, name, record.distribution, record.version)
