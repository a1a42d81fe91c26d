"""create: one component by its kind and spec, from the registry and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any, Literal, overload

from coreframe.assembly.arguments import check_arguments
from coreframe.assembly.part_kinds import PartKinds
from coreframe.assembly.spec import Spec, parse_spec
from coreframe.errors import ArgumentError, BrokenPlugin, CoreframeError
from coreframe.interfaces.component import Component
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.schedule import Schedule
from coreframe.registry.kinds import KINDS
from coreframe.registry.record import ComponentRecord
from coreframe.registry.registry import get_registry

__all__ = ["create", "load_class"]


@overload
def create(kind: Literal["module"], spec: str | Spec, /, *args: Any, **settings: Any) -> Module: ...
@overload
def create(kind: Literal["loss"], spec: str | Spec, /, *args: Any, **settings: Any) -> Loss: ...
@overload
def create(
    kind: Literal["optimizer"], spec: str | Spec, /, *args: Any, **settings: Any
) -> Optimizer: ...
@overload
def create(
    kind: Literal["dataset"], spec: str | Spec, /, *args: Any, **settings: Any
) -> Dataset: ...
@overload
def create(
    kind: Literal["schedule"], spec: str | Spec, /, *args: Any, **settings: Any
) -> Schedule: ...
@overload
def create(kind: str, spec: str | Spec, /, *args: Any, **settings: Any) -> Component: ...
def create(kind: str, spec: str | Spec, /, *args: Any, **settings: Any) -> Component:
    """Make one component by name: `create("optimizer", "SGD(lr=0.01)", model)`.

    Args:
        kind: `module`, `loss`, `optimizer`, `dataset` or `schedule`.
        spec: its spec; a name alone stands for a call without arguments.
        args: objects that no spec can hold, put before the spec's own arguments (the model of
            an optimizer).
        settings: keyword arguments beside, or instead of, the spec's.

    Raises:
        SpecError: if the spec is not one.
        UnknownComponent, AmbiguousComponent, BrokenPlugin: if the name cannot be loaded.
        ArgumentError: if the arguments are not those of its constructor.
    """
    parsed = spec if isinstance(spec, Spec) else parse_spec(spec)
    record = get_registry().find(parsed.name, kind=kind, distribution=parsed.distribution)
    cls = load_class(record)
    for twice in parsed.kwargs.keys() & settings.keys():
        raise ArgumentError(f"{parsed.qualified}: {twice} is given in the spec and beside it")
    kinds = PartKinds(cls)
    own = [_part(v, kinds.of_position(index)) for index, v in enumerate(parsed.args, len(args))]
    keywords = {name: _part(value, kinds.of_name(name)) for name, value in parsed.kwargs.items()}
    return _construct(parsed.qualified, cls, [*args, *own], keywords | settings)


def load_class(record: ComponentRecord) -> type[Component]:
    """Import a component's class, and check that it implements the interface of its kind.

    Raises:
        BrokenPlugin: if it cannot be imported, is no such class, or leaves methods abstract.
    """
    loaded = get_registry().load(record)
    interface: type[Component] = EntryPoint(
        record.kind, KINDS[record.kind].interface, record.kind
    ).load()
    if not isinstance(loaded, type) or not issubclass(loaded, interface):
        fault = f"{record.target} is not a subclass of coreframe.{interface.__name__}"
    elif loaded.__abstractmethods__:
        fault = f"{record.target} does not define {', '.join(sorted(loaded.__abstractmethods__))}"
    else:
        return loaded
    raise BrokenPlugin(
        f"{record.kind} {record.name} of {record.source} cannot be used: {fault}; "
        f"report this to the author of {record.distribution}"
    )


def _part(value: Any, kind: str) -> Any:
    if isinstance(value, Spec):
        return create(kind, value)
    if isinstance(value, list):
        return [_part(item, kind) for item in value]
    return value


def _construct(
    name: str, cls: type[Component], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Component:
    bound = check_arguments(name, cls, args, kwargs)
    try:
        component = cls(*bound.args, **bound.kwargs)
    except CoreframeError:
        raise
    except (TypeError, ValueError, RuntimeError) as error:  # the last is torch's
        cause = str(error).partition("\n")[0]
        raise ArgumentError(f"{name}: {cause}") from error
    component.spec_name = name
    return component
