"""Groups: the trials that can train as one population."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import coreframe as cf
from coreframe_runs import Plan

__all__ = ["group_key", "load_module", "merge_layers", "merge_section", "named_arguments"]

KINDS = {"optimizer": "optimizer", "schedule": "schedule", "loss": "loss"}


def group_key(plan: Plan) -> str:
    """A text that is the same for plans whose models can share a population.

    Left out is what may differ between replicas: the seed, and arguments that a class names in
    its `replica_settings`, such as every `Hyperparameter` of an optimizer.
    """
    sections = {
        section: _without_settings(_load(KINDS[section], arguments["name"]), arguments)
        if section in KINDS
        else arguments
        for section, arguments in plan.components.items()
    }
    run = vars(replace(plan.settings, seed=0, threads=0, checkpoint_seconds=0.0, monitor=""))
    layers = [_shape(cf.parse_spec(text)) for text in plan.layers]
    return json.dumps([sections, layers, run], sort_keys=True, default=str)


def merge_section(plans: Sequence[Plan], section: str) -> dict[str, Any]:
    """The arguments of a component, with one number per replica where they differ.

    Args:
        plans: of one group, one for each replica.
        section: optimizer, schedule or loss.
    """
    given = [plan.components[section] for plan in plans]
    cls = _load(KINDS[section], given[0]["name"])
    return _merged(cls, given)


def merge_layers(plans: Sequence[Plan]) -> list[cf.Spec]:
    """The specs of the layers, likewise."""
    specs = [[cf.parse_spec(text) for text in plan.layers] for plan in plans]
    return [_merge_specs(alike) for alike in zip(*specs, strict=True)]


def load_module(spec: cf.Spec) -> type[cf.Module]:
    """The class that a spec names."""
    cls: type[cf.Module] = _load("module", spec.qualified)
    return cls


def named_arguments(cls: type[cf.Module], spec: cf.Spec) -> dict[str, Any]:
    """The arguments of a spec by name, but for those of `*args`."""
    return {**dict(zip(_positional(cls), spec.args, strict=False)), **spec.kwargs}


def _merge_specs(specs: Sequence[cf.Spec]) -> cf.Spec:
    """Specs of one shape, argument by argument."""
    first = specs[0]
    if all(spec == first for spec in specs):
        return first
    cls = load_module(first)
    names = _positional(cls)
    merged = _merged(cls, [named_arguments(cls, spec) for spec in specs])
    kept = len(first.args)
    args = [merged.pop(name) for name in names[:kept]]
    args += [
        _merge_values([spec.args[index] for spec in specs]) for index in range(len(args), kept)
    ]
    return cf.Spec(first.name, first.distribution, tuple(args), merged)


def _merge_values(values: Sequence[Any]) -> Any:
    """Arguments of one shape: specs and lists are merged within, all else is equal."""
    first = values[0]
    if isinstance(first, cf.Spec):
        return _merge_specs(values)
    if isinstance(first, list):
        return [_merge_values(alike) for alike in zip(*values, strict=True)]
    return first


def _merged(cls: type[cf.Module], given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(name for own in given for name in own):
        if name in _settings(cls):
            default = _default(cls, name)
            numbers = [own.get(name, default) for own in given]
            merged[name] = numbers[0] if numbers.count(numbers[0]) == len(numbers) else numbers
        else:
            merged[name] = _merge_values([own[name] for own in given])
    return merged


def _shape(value: Any) -> Any:
    """A spec as nested lists, without what may differ between replicas."""
    if isinstance(value, list):
        return [_shape(item) for item in value]
    if not isinstance(value, cf.Spec):
        return repr(value)  # 1 and 1.0 and True are three
    cls = load_module(value)
    own = _without_settings(cls, named_arguments(cls, value))
    rest = value.args[len(_positional(cls)) :]
    return [
        value.qualified,
        {name: _shape(item) for name, item in sorted(own.items())},
        [_shape(item) for item in rest],
    ]


def _without_settings(cls: type[cf.Module], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that must be equal, and those settings that are no numbers."""
    settings, kept = _settings(cls), dict(arguments)
    for name, value in arguments.items():
        if name in settings and _is_number(value):
            if _default(cls, name) is None:  # no number, so those without the argument are apart
                kept[name] = "a number"
            else:
                del kept[name]
    return kept


def _settings(cls: type[cf.Module]) -> list[str]:
    """The arguments that may be one number per replica."""
    return [name for name in cls.replica_settings if _may_be_number(cls, name)]


def _may_be_number(cls: type[cf.Module], name: str) -> bool:
    parameter = inspect.signature(cls).parameters.get(name)
    return parameter is not None and (
        parameter.default in (inspect.Parameter.empty, None) or _is_number(parameter.default)
    )


def _default(cls: type[cf.Module], name: str) -> Any:
    return inspect.signature(cls).parameters[name].default


def _positional(cls: type[cf.Module]) -> list[str]:
    return [
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind
        in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ]


def _load(kind: str, name: str) -> Any:
    distribution, _, bare = name.rpartition(".")
    registry = cf.get_registry()
    return registry.load(registry.find(bare, kind=kind, distribution=distribution or None))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
