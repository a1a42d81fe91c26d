"""Override: another number for the parameters of some names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor

from coreframe.errors import ArgumentError
from coreframe.interfaces.hyperparameter import Hyperparameter
from coreframe.interfaces.replicas import Selection, expand_setting, select_sequence
from coreframe.interfaces.storage import Flat

__all__ = ["Override", "read_overrides"]


@dataclass(frozen=True)
class Override:
    """A hyperparameter's number for the parameters whose path fits a pattern.

    Attributes:
        pattern: of paths as a shell writes it, where `*` stands for anything: `*.bias`.
        setting: the hyperparameter.
        value: its number there, or one per replica.
    """

    pattern: str
    setting: str
    value: float | tuple[float, ...]

    def write(self, numbers: Tensor, flat: Flat, factor: float | Tensor) -> None:
        """Put its number, times a factor, into the flat `numbers` of the parameters it is for."""
        value = expand_setting(self.setting, self.value, flat.replicas) * factor
        for segment in flat.segments:
            if self.fits(segment.name):
                view = segment.view(numbers)
                own = torch.as_tensor(value, dtype=torch.float64).to(numbers)
                view.copy_(own.reshape(-1, *[1] * (view.dim() - 1)) if own.dim() else own)

    def fits(self, name: str) -> bool:
        """Whether it is for the parameter of this path."""
        return fnmatchcase(name, self.pattern)

    def select(self, replicas: Selection) -> Override:
        """With the numbers of these replicas, where each has its own."""
        if isinstance(self.value, float):
            return self
        kept = select_sequence(self.value, replicas)
        return replace(self, value=tuple(kept) if isinstance(kept, list) else kept)

    @property
    def plain(self) -> list[Any]:
        """As it is written: `["*.bias", "decay", 0.0]`."""
        return [self.pattern, self.setting, self.value]


def read_overrides(
    given: Iterable[Sequence[Any] | Override],
    hyperparameters: Mapping[str, Hyperparameter],
    names: Sequence[str],
) -> tuple[Override, ...]:
    """Overrides from triples of pattern, setting and value.

    Raises:
        ArgumentError: for something else, an unknown setting, a value that the setting may not
            be, or a pattern that no name fits.
    """
    found: list[Override] = []
    for triple in given:
        parts = triple.plain if isinstance(triple, Override) else triple
        if isinstance(parts, str) or not isinstance(parts, Sequence) or len(parts) != 3:
            raise ArgumentError(
                f"overrides are lists like ['*.bias', 'lr', 0.01], pattern, setting and number; "
                f"got {parts!r}"
            )
        pattern, setting, value = parts
        if setting not in hyperparameters:
            known = ", ".join(hyperparameters)
            raise ArgumentError(f"an override is for one of {known}, not for {setting!r}")
        if not isinstance(pattern, str) or not any(fnmatchcase(name, pattern) for name in names):
            raise ArgumentError(
                f"the override of {setting} is for {pattern!r}, which no parameter's path fits: "
                f"there are {', '.join(names)}"
            )
        found.append(Override(pattern, setting, hyperparameters[setting].check(value)))
    return tuple(found)
