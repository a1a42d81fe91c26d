"""Subjects: the component of an example, copied, as the kind it must be of."""

from __future__ import annotations

import copy

from coreframe.errors import CheckFailed
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.example import Example
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.schedule import Schedule

__all__ = ["dataset_of", "loss_of", "module_of", "optimizer_of", "schedule_of"]


def module_of(example: Example) -> Module:
    """A copy of the module; its values are not drawn yet, unless the example's are."""
    if not isinstance(example.component, Module):
        raise CheckFailed(f"the example {example!r} is no module")
    return copy.deepcopy(example.component)


def loss_of(example: Example, *replicas: int) -> Loss:
    """A copy of the loss, for a lone model or for so many replicas."""
    if not isinstance(example.component, Loss):
        raise CheckFailed(f"the example {example!r} is no loss")
    loss = copy.deepcopy(example.component)
    loss.replicas = replicas
    return loss


def optimizer_of(example: Example, model: Module) -> Optimizer:
    """An optimizer made for this model."""
    if not callable(example.component):
        raise CheckFailed(
            "an optimizer's example must be a function of the model, like "
            f"Example(partial(SGD, lr=0.1)), not {example!r}"
        )
    optimizer = example.component(model)
    if not isinstance(optimizer, Optimizer):
        raise CheckFailed(f"the example gave {optimizer!r}, which is no optimizer")
    if example.spec_name:
        optimizer.spec_name = example.spec_name
    return optimizer


def dataset_of(example: Example) -> Dataset:
    """The dataset itself: nothing changes it but select."""
    if not isinstance(example.component, Dataset):
        raise CheckFailed(f"the example {example!r} is no dataset")
    return example.component


def schedule_of(example: Example) -> Schedule:
    """A copy of the schedule."""
    if not isinstance(example.component, Schedule):
        raise CheckFailed(f"the example {example!r} is no schedule")
    return copy.deepcopy(example.component)
