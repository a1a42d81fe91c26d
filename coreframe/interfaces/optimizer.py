"""Optimizer: the interface of what turns gradients into steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError, StaleOptimizer
from coreframe.interfaces.component import Component
from coreframe.interfaces.module import Module
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

    A subclass names its state, hands its hyperparameters to `setting`, and overrides `update`.
    It never sees layers, so the number of kernels does not grow with their number.

    Args:
        model: the model to train; its storage is borrowed.
    """

    state_names: ClassVar[tuple[str, ...]] = ()
    """Names of the flat tensors kept between steps, which start at zero."""

    steps: int | Tensor = 0
    """How many steps have been taken; `(R,)` once replicas have rested while others went on."""

    _lr_factor: float | Tensor = 1.0

    def __init__(self, model: Module) -> None:
        self.model = model
        self._storage = model.storage
        self._settings: dict[str, float | Tensor] = {}
        self._states = [self._zeros(flat) for flat in self._storage.flats]
        self._slabs: list[Slab] | None = None

    # ---- what an optimizer writes ----

    @abstractmethod
    def update(self, slab: Slab) -> None:
        """Change `slab.value` and `slab.state` in place, by `slab.grad` and `slab.settings`."""

    # ---- what an optimizer uses ----

    def setting(
        self, name: str, value: Setting, *, minimum: float = 0.0, below: float = float("inf")
    ) -> None:
        """Declare a hyperparameter: a number or one per replica, in [minimum, below).

        Raises:
            ArgumentError: for a value out of range, or another count than that of the replicas.
        """
        numbers = expand_setting(name, value, self.replicas)
        for number in numbers.tolist() if isinstance(numbers, Tensor) else [numbers]:
            if not minimum <= number < below:
                bound = f"at least {minimum:g}" + (f" and below {below:g}" if below < 1e308 else "")
                raise ArgumentError(f"{name} must be finite, {bound}, got {number:g}")
        self._settings[name] = numbers
        self._slabs = None
        if "_arguments" in vars(self):  # changed after construction: the spec must follow
            self._arguments.arguments[name] = value

    # ---- what its users call ----

    @property
    def replicas(self) -> Replicas:
        """The replicas of the model it was made for."""
        return self._storage.replicas

    @property
    def lr_factor(self) -> float | Tensor:
        """What a schedule multiplies the learning rate by: a number, or one per replica."""
        return self._lr_factor

    @lr_factor.setter
    def lr_factor(self, factor: Setting | Tensor) -> None:
        factor = expand_setting("the schedule's factor", factor, self.replicas)
        numbers = isinstance(factor, float) and isinstance(self._lr_factor, float)
        if not numbers or factor != self._lr_factor:
            self._lr_factor, self._slabs = factor, None

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
        for flat, slab in zip(self._flats, self._slabs, strict=True):
            if active is None:
                self.update(slab)
            else:
                self._update_active(flat, slab, active)
        with torch.inference_mode(False):
            self.steps = self.steps + (1 if active is None else active.to(torch.int64, copy=True))

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
        steps = state["steps"].clone()
        self.steps = steps if bool((steps != steps.max()).any()) else int(steps.max())
        return self

    def select(self, replicas: Selection | Tensor) -> Self:
        """Follow the model's `select`: keep these replicas' state and settings.

        Raises:
            ShapeError: if the model has not been selected from in the same way first.
        """
        chosen = resolve_selection(replicas, self.replicas)
        storage = self.model.storage
        wanted: Replicas = () if isinstance(chosen, int) else (len(chosen),)
        if storage.replicas != wanted or storage is self._storage:
            raise ShapeError(
                f"select the model before its optimizer: the model has replicas "
                f"{storage.replicas}, this selection leaves {wanted}"
            )
        kept = {name: select_leading(view, chosen) for name, view in self._views().items()}
        self._settings = {
            name: value if isinstance(value, float) else _as_setting(select_leading(value, chosen))
            for name, value in self._settings.items()
        }
        if isinstance(self._lr_factor, Tensor):
            self._lr_factor = _as_setting(select_leading(self._lr_factor, chosen))
        if isinstance(self.steps, Tensor):
            steps = select_leading(self.steps, chosen)
            self.steps = steps if steps.dim() else int(steps.item())
        self.select_arguments(chosen)
        self._storage, self._slabs = storage, None
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
        settings = dict(self._settings)
        if "lr" in settings:
            settings["lr"] = settings["lr"] * self._lr_factor
        with torch.inference_mode(False):
            expanded = {
                name: flat.expand(value) if isinstance(value, Tensor) else value
                for name, value in settings.items()
            }
        return Slab(flat.value, flat.grad, state, expanded)

    def _update_active(self, flat: Flat, slab: Slab, active: Tensor) -> None:
        mask = flat.expand(active.to(flat.value)) > 0
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
