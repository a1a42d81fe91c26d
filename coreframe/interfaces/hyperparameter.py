"""Hyperparameter: a number of a component, or one number per replica."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from coreframe.errors import ArgumentError
from coreframe.interfaces.replicas import Setting, plain_setting

if TYPE_CHECKING:
    from coreframe.interfaces.component import Component

__all__ = ["Hyperparameter"]


class Hyperparameter:
    """An attribute that is a number, or one number per replica, in [minimum, below).

    It is declared in the class and set in `__init__` from the argument of its name. A later
    assignment is checked likewise, and the spec follows; `select` keeps the numbers of the chosen
    replicas.

        class Dropout(Module):
            rate = Hyperparameter(below=1.0)

            def __init__(self, rate: Setting = 0.5) -> None:
                self.rate = rate

    Args:
        minimum: the least number it may be.
        below: it must be less than this.

    Raises:
        ArgumentError: when it is set, for a number out of range, or a count of numbers that is
            not that of the replicas.
    """

    def __init__(self, *, minimum: float = 0.0, below: float = float("inf")) -> None:
        self._minimum, self._below = minimum, below

    def __set_name__(self, owner: type[Component], name: str) -> None:
        self._name = name
        owner.hyperparameters = {**owner.hyperparameters, name: self}
        if name not in owner.replica_settings:
            owner.replica_settings = (*owner.replica_settings, name)

    @overload
    def __get__(self, component: None, owner: type) -> Hyperparameter: ...
    @overload
    def __get__(self, component: Component, owner: type) -> float | tuple[float, ...]: ...
    def __get__(
        self, component: Component | None, owner: type
    ) -> Hyperparameter | float | tuple[float, ...]:
        if component is None:
            return self
        try:
            value: float | tuple[float, ...] = vars(component)[self._name]
        except KeyError:
            raise AttributeError(f"{owner.__name__} has not set its {self._name}") from None
        return value

    def __set__(self, component: Component, value: Setting) -> None:
        component.set_hyperparameter(self._name, self.check(value))

    def check(self, value: object) -> float | tuple[float, ...]:
        """A value in Python's own numbers.

        Raises:
            ArgumentError: if it may not be this.
        """
        numbers = plain_setting(self._name, value)
        for number in [numbers] if isinstance(numbers, float) else numbers:
            if not self._minimum <= number < self._below:
                bound = f"at least {self._minimum:g}"
                bound += f" and below {self._below:g}" if self._below < float("inf") else ""
                raise ArgumentError(f"{self._name} must be finite, {bound}, got {number:g}")
        return numbers if isinstance(numbers, float) else tuple(numbers)
