"""The zoo: sound components and faulty ones, offered to a registry by name."""

from __future__ import annotations

from collections.abc import Iterable

import faulty_activations
import faulty_adaptive
import faulty_classification
import faulty_composition
import faulty_convolution
import faulty_datasets
import faulty_datasets_bundled
import faulty_gradients
import faulty_losses
import faulty_normalization
import faulty_optimizers
import faulty_order
import faulty_randomness
import faulty_regularization
import faulty_schedules
import faulty_sequence
import faulty_tables
import faulty_tensors
import sound_datasets
import sound_layers
import sound_losses
import sound_optimizers

from coreframe import ComponentRecord, hookimpl
from coreframe.interfaces.component import Component
from coreframe.registry.kinds import kind_of

__all__ = ["SOUND", "Zoo", "components_of"]

SOUND_MODULES = (sound_layers, sound_losses, sound_optimizers, sound_datasets)
FAULTY_MODULES = (
    faulty_gradients,
    faulty_order,
    faulty_randomness,
    faulty_tensors,
    faulty_sequence,
    faulty_tables,
    faulty_activations,
    faulty_normalization,
    faulty_regularization,
    faulty_losses,
    faulty_classification,
    faulty_optimizers,
    faulty_adaptive,
    faulty_schedules,
    faulty_datasets,
    faulty_datasets_bundled,
    faulty_composition,
    faulty_convolution,
)


def components_of(*modules: object) -> list[type[Component]]:
    """The components that these modules define themselves."""
    return [
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type)
        and issubclass(found, Component)
        and found.__module__ == vars(module)["__name__"]
    ]


SOUND = components_of(*SOUND_MODULES)


class Zoo:
    """A plugin that offers them all."""

    @hookimpl
    def coreframe_components(self) -> Iterable[ComponentRecord]:
        return [
            ComponentRecord(
                name=component.__name__,
                kind=kind_of(component),
                distribution="coreframe-zoo",
                version="1.0",
                target=f"{component.__module__}:{component.__name__}",
            )
            for component in components_of(*SOUND_MODULES, *FAULTY_MODULES)
        ]
