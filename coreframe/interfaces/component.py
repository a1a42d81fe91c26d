"""Component: an object that remembers how it was made, so that its `repr` is its spec."""

from __future__ import annotations

import inspect
from abc import ABCMeta
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor

from coreframe.interfaces.replicas import (
    Replicas,
    Selection,
    expand_setting,
    select_leading,
    select_sequence,
)

if TYPE_CHECKING:
    from coreframe.interfaces.example import Example
    from coreframe.interfaces.hyperparameter import Hyperparameter

__all__ = ["Component", "constructor_signature", "format_value"]


def constructor_signature(cls: type) -> inspect.Signature:
    """The signature of `cls(…)`, without `self`; empty if the class has no constructor."""
    if cls.__init__ is object.__init__:  # type: ignore[misc]  # compared, never called
        return inspect.Signature()
    signature = inspect.signature(cls.__init__)  # type: ignore[misc]  # read, never called
    return signature.replace(parameters=list(signature.parameters.values())[1:])


class ComponentType(ABCMeta):
    """Metaclass of components: notes the arguments and finishes the object after `__init__`.

    A metaclass, so that a plugin author's `__init__` need not call `super().__init__()` for
    `repr` and the tree of modules to work.
    """

    if not TYPE_CHECKING:  # mypy would take this for the signature of every constructor

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            component = super().__call__(*args, **kwargs)
            bound = constructor_signature(cls).bind(*args, **kwargs)
            bound.arguments.update({k: _own(value) for k, value in bound.arguments.items()})
            component.__dict__["_arguments"] = bound
            component.constructed()
            return component

    @property
    def __signature__(cls) -> inspect.Signature:  # for help(), editors and `coreframe show`
        return constructor_signature(cls)


class Component(metaclass=ComponentType):
    """Base of the interfaces: anything the registry can name."""

    spec_name: str = ""
    """The name it was assembled by; the class name for an object made by hand."""

    replica_settings: ClassVar[tuple[str, ...]] = ()
    """Constructor arguments that may be one number per replica; a `Hyperparameter` is added."""

    hyperparameters: ClassVar[Mapping[str, Hyperparameter]] = {}
    """Those that the class declares, by name."""

    _arguments: inspect.BoundArguments

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """How it can be built and fed, for `coreframe check`; a component should name a few."""
        return ()

    def constructed(self) -> None:  # a hook: most interfaces need nothing here
        """Called once `__init__` has returned; an interface finishes its own set-up here."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments it was made with, by name."""
        return self._arguments.arguments

    def _spec_arguments(self) -> Mapping[str, Any]:
        """The arguments that belong in the spec, by name."""
        return self._arguments.arguments

    def set_hyperparameter(self, name: str, value: float | tuple[float, ...]) -> None:
        """Keep a number that `Hyperparameter` has checked; the spec follows."""
        vars(self)[name] = value
        if "_arguments" in vars(self):
            self._arguments.arguments[name] = value

    def expect_settings(self, replicas: Replicas) -> None:
        """Raise unless each setting is one number, or one for each of these replicas.

        Raises:
            ArgumentError: naming the setting.
        """
        for name in self.replica_settings:
            if name in self._arguments.arguments:
                expand_setting(name, self._arguments.arguments[name], replicas)

    def select_settings(self, replicas: Selection) -> None:
        """Keep the chosen replicas' settings: in the spec, and in attributes of their names."""
        for values in (self._arguments.arguments, vars(self)):
            for name in self.replica_settings:
                if name in values:
                    values[name] = _selected(values[name], replicas)

    def __repr__(self) -> str:
        given = self._spec_arguments()
        parts: list[str] = []
        by_position = True
        for name, parameter in constructor_signature(type(self)).parameters.items():
            value = given.get(name, parameter.default)
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                parts += [format_value(item) for item in given.get(name, ())]
            elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
                parts += [
                    f"{key}={format_value(item)}" for key, item in given.get(name, {}).items()
                ]
            elif name not in given or _equal(value, parameter.default):
                by_position = False
            elif by_position and parameter.default is inspect.Parameter.empty:
                parts.append(format_value(value))
            else:
                parts.append(f"{name}={format_value(value)}")
        return f"{self.spec_name or type(self).__name__}({', '.join(parts)})"


def _own(value: object) -> object:
    """Lists are copied: a caller who changes theirs later must not change the spec."""
    return [_own(item) for item in value] if isinstance(value, list) else value


def _equal(value: object, default: object) -> bool:
    # Types are compared first: 1 == True, and a tensor has no single truth value.
    return type(value) is type(default) and not isinstance(value, Tensor) and value == default


def _selected(value: object, replicas: Selection) -> object:
    if isinstance(value, Tensor):
        return select_leading(value, replicas) if value.dim() else value
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    try:
        kept = select_sequence(list(value), replicas)
    except TypeError:  # an array of no axes
        return value
    return tuple(kept) if isinstance(value, tuple) and isinstance(kept, list) else kept


def format_value(value: object) -> str:
    """`value` as it stands in a spec: literals as Python writes them, sequences as lists."""
    if isinstance(value, Tensor):
        value = value.tolist()
    # numpy's numbers are numbers, and write their own name.
    if isinstance(value, Integral) and not isinstance(value, bool):
        return repr(int(value))
    if isinstance(value, Real) and not isinstance(value, bool):
        return repr(float(value))
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | Component):
        return f"[{', '.join(format_value(item) for item in value)}]"
    return repr(value)
