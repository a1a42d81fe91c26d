"""Optimizer: the interface of what turns gradients into steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError, StaleOptimizer
from coreframe.interfaces.component import Component, constructor_signature
from coreframe.interfaces.hyperparameter import Hyperparameter
from coreframe.interfaces.module import Module
from coreframe.interfaces.override import Override, read_overrides
from coreframe.interfaces.replicas import (
    Replicas,
    Selection,
    Setting,
    expand_setting,
    resolve_selection,
    select_leading,
)
from coreframe.interfaces.slab import Slab
from coreframe.interfaces.state import check_state
from coreframe.interfaces.storage import Flat

__all__ = ["Optimizer"]


class Optimizer(Component):
    """Arithmetic on the flat values and gradients of a model.

    A subclass names its state, declares each of its numbers as a `Hyperparameter`, and overrides
    `update`. It never sees layers, so the number of kernels does not grow with their number.

    Args:
        model: the whole model to train; its storage is borrowed.
    """

    state_names: ClassVar[tuple[str, ...]] = ()
    """Names of the flat tensors kept between steps, which start at zero."""

    lr = Hyperparameter()
    """The learning rate η ≥ 0, one or one per replica, which a schedule multiplies."""

    steps: int | Tensor = 0
    """How many steps have been taken; `(R,)` once replicas have rested while others went on."""

    _lr_factor: float | Tensor = 1.0
    _overrides: tuple[Override, ...] = ()

    def __init__(self, model: Module) -> None:
        if not isinstance(model, Module):
            raise ArgumentError(
                f"{type(self).__name__} needs the model that it is to train, got {model!r}"
            )
        self.model = model
        self._storage = model.storage
        self._states = [self._zeros(flat) for flat in self._storage.flats]
        self._slabs: list[Slab] | None = None

    # ---- what an optimizer writes ----

    @abstractmethod
    def update(self, slab: Slab) -> None:
        """Change `slab.value` and `slab.state` in place, by `slab.grad` and `slab.settings`."""

    # ---- what its users call ----

    @property
    def replicas(self) -> Replicas:
        """The replicas of the model it was made for."""
        return self._storage.replicas

    @property
    def flat_state(self) -> tuple[Mapping[str, Tensor], ...]:
        """Its state's tensors by name, for each of the flats of the model's storage.

        They are the memory itself. `select` gives others.
        """
        return tuple(self._states)

    @property
    def lr_factor(self) -> float | Tensor:
        """What a schedule multiplies the learning rate by: a number, or one per replica."""
        return self._lr_factor

    @lr_factor.setter
    def lr_factor(self, factor: Setting | Tensor) -> None:
        factor = expand_setting("the schedule's factor", factor, self.replicas)
        least, most = (factor, factor) if isinstance(factor, float) else factor.aminmax()
        if not 0 <= least <= most < inf:
            raise ArgumentError(f"the schedule's factor must be finite and ≥ 0, got {factor}")
        numbers = isinstance(factor, float) and isinstance(self._lr_factor, float)
        if not numbers or factor != self._lr_factor:
            self._lr_factor, self._slabs = factor, None

    @property
    def overrides(self) -> tuple[Override, ...]:
        """Other numbers for the parameters of some names; of several that fit the last counts.

        An optimizer that has the argument sets it: `[["*.bias", "decay", 0.0]]`.
        """
        return self._overrides

    @overrides.setter
    def overrides(self, given: Iterable[Sequence[Any] | Override]) -> None:
        if "overrides" not in constructor_signature(type(self)).parameters:
            raise ArgumentError(f"{type(self).__name__} has no argument overrides to keep them in")
        names = [name for name, _ in self.model.named_parameters()]
        self._overrides = read_overrides(given, self.hyperparameters, names)
        for override in self._overrides:
            expand_setting(override.setting, override.value, self.replicas)  # counts the numbers
        if "_arguments" in vars(self):
            self._arguments.arguments["overrides"] = [o.plain for o in self._overrides]
        self._slabs = None

    def step(self, active: Tensor | None = None) -> None:
        """Update the model's parameters from their gradients.

        Args:
            active: boolean `(R,)`; the values and state of replicas that are false stay as they
                are, bit for bit, also where their gradients are not finite.

        Raises:
            StaleOptimizer: if the model's parameters have moved since.
        """
        if self._storage.released:
            raise StaleOptimizer(
                f"the parameters of the model have moved since {self!r} was made (by select, to, "
                "load_state, or another container): call its select, or make a new optimizer"
            )
        if self._slabs is None:
            self._slabs = [
                self._slab(*pair) for pair in zip(self._flats, self._states, strict=True)
            ]
        steps = self._steps_after(active)
        for slab in self._slabs:
            # Real numbers: a power of an integer tensor would be single precision.
            slab.steps = steps if isinstance(steps, int) else steps.double()
            if active is None:
                self.update(slab)
            else:
                self._update_active(slab, active)
        self.steps = _count(steps)

    def set_hyperparameter(self, name: str, value: float | tuple[float, ...]) -> None:
        expand_setting(name, value, self.replicas)  # counts the numbers
        super().set_hyperparameter(name, value)
        self._slabs = None

    def state(self) -> dict[str, Tensor]:
        """Copies of the state, by name and path (`velocity.0.weight`), and the step count."""
        state = {name: view.clone() for name, view in self._views().items()}
        return state | {"steps": torch.as_tensor(self.steps).expand(self.replicas).clone()}

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Take over a `state()` of the same names and shapes.

        Raises:
            StateError: naming every entry that does not fit; nothing has been changed then.
        """
        views = self._views()
        shapes = {name: tuple(view.shape) for name, view in views.items()} | {
            "steps": self.replicas
        }
        check_state(repr(self), shapes, state)
        for name, view in views.items():
            view.copy_(state[name])
        self.steps = _count(state["steps"])
        return self

    def select(self, replicas: Selection | Tensor) -> Self:
        """Follow the model's `select`: keep these replicas' state and settings.

        Raises:
            ShapeError: if the model has not been selected from in the same way first.
        """
        chosen = resolve_selection(replicas, self.replicas)
        storage = self.model.storage
        if storage.origin != (self._storage.identity, chosen):
            raise ShapeError(
                f"select the model before its optimizer, in the same way: {self!r} was to keep "
                f"{chosen}, and the last change of the model's parameters was not that selection"
            )
        kept = {name: select_leading(view, chosen) for name, view in self._views().items()}
        if isinstance(self._lr_factor, Tensor):
            self._lr_factor = _as_setting(select_leading(self._lr_factor, chosen))
        if isinstance(self.steps, Tensor):
            self.steps = _count(select_leading(self.steps, chosen))
        self.select_settings(chosen)
        self._storage, self._slabs = storage, None
        if self._overrides:
            self.overrides = tuple(override.select(chosen) for override in self._overrides)
        self._states = [self._zeros(flat) for flat in storage.flats]
        for name, view in self._views().items():
            view.copy_(kept[name])
        return self

    # ---- inside ----

    @property
    def _flats(self) -> tuple[Flat, ...]:
        return self._storage.flats

    def _spec_arguments(self) -> Mapping[str, Any]:
        arguments = self._arguments.arguments
        return {name: value for name, value in arguments.items() if value is not self.model}

    def _zeros(self, flat: Flat) -> dict[str, Tensor]:
        with torch.inference_mode(False):
            return {name: torch.zeros_like(flat.value) for name in self.state_names}

    def _slab(self, flat: Flat, state: dict[str, Tensor]) -> Slab:
        settings = {
            name: expand_setting(name, vars(self)[name], self.replicas)
            for name in self.replica_settings
            if name in vars(self)
        }
        if "lr" in settings:
            settings["lr"] = settings["lr"] * self._lr_factor
        with torch.inference_mode(False):
            expanded = {
                name: flat.expand(value) if isinstance(value, Tensor) else value
                for name, value in settings.items()
            }
            for override in self._overrides:
                name, numbers = override.setting, expanded[override.setting]
                if not isinstance(numbers, Tensor):
                    numbers = torch.full_like(flat.value, numbers)
                override.write(numbers, flat, self._lr_factor if name == "lr" else 1.0)
                expanded[name] = numbers
        return Slab(flat.value, flat.grad, state, expanded, 0, flat)

    def _steps_after(self, active: Tensor | None) -> int | Tensor:
        taken = 1 if active is None else active.to("cpu", torch.int64)
        if isinstance(self.steps, int) and isinstance(taken, int):
            return self.steps + taken
        with torch.inference_mode(False):  # it outlives the pass
            return self.steps + taken

    def _update_active(self, slab: Slab, active: Tensor) -> None:
        mask = slab.flat.expand(active.to(slab.value)) > 0
        tensors = [slab.value, *slab.state.values()]
        before = [tensor.clone() for tensor in tensors]
        self.update(slab)
        for tensor, old in zip(tensors, before, strict=True):
            torch.where(mask, tensor, old, out=tensor)

    def _views(self) -> dict[str, Tensor]:
        return {
            f"{name}.{segment.name}": segment.view(tensor)
            for flat, state in zip(self._flats, self._states, strict=True)
            for name, tensor in state.items()
            for segment in flat.segments
        }


def _as_setting(numbers: Tensor) -> float | Tensor:
    return numbers if numbers.dim() else float(numbers.item())


def _count(steps: int | Tensor) -> int | Tensor:
    """One number where all replicas have the same, so that a resumed run computes with the same."""
    if isinstance(steps, int):
        return steps
    most = int(steps.max())
    return most if bool((steps == most).all()) else steps.clone()
