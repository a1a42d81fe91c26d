"""Padding: networks that differ in the widths of hidden layers, as one population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import coreframe as cf
from coreframe_runs import Plan
from coreframe_search.groups import group_key, load_module, named_arguments

__all__ = ["pad", "padding_key"]


@dataclass
class Layer:
    """A layer of a plan.

    Attributes:
        spec: as it is written.
        form: how layers of its kind are padded; None where they are not.
        arguments: by name.
        free: of its sizes, those that may differ from another plan's: on the other side of
            elementwise modules stands a layer whose size is the same.
    """

    spec: cf.Spec
    form: cf.PaddedForm | None
    arguments: dict[str, Any]
    free: set[str] = field(default_factory=set)

    @property
    def sizes(self) -> dict[str, Any]:
        """The numbers of its inputs and outputs, by the names of these arguments."""
        if self.form is None:
            return {}
        return {name: self.arguments.get(name) for name, _ in (self.form.inputs, self.form.outputs)}


def padding_key(plan: Plan) -> str:
    """A text that is the same for plans whose models can be padded to one population."""
    outline = []
    for layer in _layers(plan):
        if layer.form is not None:
            kept = {name: v for name, v in layer.arguments.items() if name not in layer.free}
            outline.append(replace(layer.spec, args=(), kwargs=kept))
        else:
            outline.append(layer.spec)
    return group_key(replace(plan, layers=[str(spec) for spec in outline]))


def pad(plans: Sequence[Plan]) -> list[Plan]:
    """Plans of one `padding_key`, with layers of the largest widths, of which each uses its own."""
    networks = [_layers(plan) for plan in plans]
    columns = [_pad_alike(alike) for alike in zip(*networks, strict=True)]
    return [
        replace(plan, layers=[str(spec) for spec in specs])
        for plan, specs in zip(plans, zip(*columns, strict=True), strict=True)
    ]


def _pad_alike(layers: Sequence[Layer]) -> list[cf.Spec]:
    """What stands for the layer in one place of each network."""
    specs, form = [layer.spec for layer in layers], layers[0].form
    if form is None or all(layer.sizes == layers[0].sizes for layer in layers):
        return specs
    padded = cf.Spec(form.module, _distribution(specs[0]))
    largest = {name: max(layer.sizes[name] for layer in layers) for name in layers[0].sizes}
    used = dict([form.inputs, form.outputs])
    return [
        replace(
            padded,
            kwargs=layer.arguments
            | largest
            | {used[name]: size for name, size in layer.sizes.items()},
        )
        for layer in layers
    ]


def _layers(plan: Plan) -> list[Layer]:
    layers: list[Layer] = []
    before: Layer | None = None  # whose outputs only elementwise modules have seen
    for text in plan.layers:
        spec = cf.parse_spec(text)
        cls = load_module(spec)
        layer = Layer(spec, cls.padded_form, named_arguments(cls, spec))
        layers.append(layer)
        if layer.form is not None:
            if before is not None and before.form is not None:
                outputs, inputs = before.form.outputs[0], layer.form.inputs[0]
                if before.sizes.get(outputs) == layer.sizes.get(inputs):
                    before.free.add(outputs)
                    layer.free.add(inputs)
            before = layer
        elif not cls.elementwise:
            before = None
    return layers


def _distribution(spec: cf.Spec) -> str:
    """Where a layer is from, as a spec spells it."""
    record = cf.get_registry().find(spec.name, kind="module", distribution=spec.distribution)
    return record.qualified.rpartition(".")[0]
