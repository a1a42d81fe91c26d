"""Example: how a component can be built and fed, said by the component itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Generator, Tensor

if TYPE_CHECKING:
    from coreframe.interfaces.component import Component

__all__ = ["Example", "Sample"]


INPUTS = 1_000_000_007  # far from the seeds of models, whose values must not be those of the inputs


@dataclass(frozen=True)
class Sample:
    """What one sample of an input looks like, without replicas and batch.

    Args:
        shape: its features.
        kind: `normal` numbers; `indices`, integers from 0 to below; `one-hot` rows;
            `probabilities`, positive rows that add up to one.
        below: the number of indices.
    """

    shape: tuple[int, ...] = ()
    kind: Literal["normal", "indices", "one-hot", "probabilities"] = "normal"
    below: int = 0

    def draw(self, leading: Sequence[int], generator: Generator) -> Tensor:
        """A tensor `(*leading, *shape)`, in double precision unless it holds indices."""
        shape = (*leading, *self.shape)
        if self.kind == "indices":
            return torch.randint(self.below, shape, generator=generator)
        numbers = torch.randn(shape, generator=generator, dtype=torch.float64)
        if self.kind == "probabilities":
            return numbers.softmax(-1)
        if self.kind == "one-hot":
            classes = torch.eye(shape[-1], dtype=torch.float64)
            return classes[numbers.argmax(-1)]
        return numbers


class Example:
    """A component ready to be tried, and what to feed it.

        Example(Linear(4, 3), (4,))
        Example(MSE(), (3,), Sample((3,), "one-hot"))
        Example(partial(SGD, lr=0.1, momentum=0.5), known=[([1.0, 1.0], [0.9, 0.75])])

    Args:
        component: the component; of an optimizer, a function that makes it for a model. It is
            never changed: what is tried are copies.
        inputs: what one sample of each input is like, in short its shape. A module takes those
            of its forward; a loss `pred` and `actual`.
        known: pairs of numbers that are known from elsewhere, such as the formula worked out by
            hand. Of a module, the inputs of one batch, and its output. Of a loss, (pred, actual)
            and the loss. Of an optimizer, the gradients of a weight that starts at 1, and the
            weight after each step. Of a schedule, the number of steps of a run and the factor at
            each, or the losses of epochs that it observes and the factor after each.
        deviations: the standard deviation of a module's initial values, by parameter.
    """

    def __init__(
        self,
        component: Component | Callable[..., Component],
        *inputs: Sample | Sequence[int],
        known: Sequence[tuple[Any, Any]] = (),
        deviations: Mapping[str, float] | None = None,
    ) -> None:
        self.component = component
        self.inputs = tuple(i if isinstance(i, Sample) else Sample(tuple(i)) for i in inputs)
        self.known = tuple(known)
        self.deviations = deviations or {}

        self.spec_name = ""

    def called(self, name: str) -> None:
        """Note the name that the component is assembled by; its spec has it from then on."""
        self.spec_name = name
        if not isinstance(self.component, FunctionType | partial):
            self.component.spec_name = name  # type: ignore[union-attr]  # a component

    def __repr__(self) -> str:
        if isinstance(self.component, partial):
            settings = ", ".join(
                f"{key}={value!r}" for key, value in self.component.keywords.items()
            )
            return f"{self.spec_name or self.component.func.__qualname__}({settings})"
        return repr(self.component)

    def draw(self, leading: Sequence[int], seed: int) -> tuple[Tensor, ...]:
        """Inputs for `leading`, the replicas and the batch; those of a seed are always the same."""
        generator = Generator().manual_seed(INPUTS + seed)
        return tuple(sample.draw(leading, generator) for sample in self.inputs)
