"""Trial: a copy of a module, with inputs to run it on."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias, get_args

import torch
from torch import Tensor

from coreframe.assembly.assemble import assemble
from coreframe.errors import CheckFailed
from coreframe.interfaces.initializer import Constant
from coreframe.interfaces.module import Module
from coreframe.interfaces.streams import Stream
from coreframe.testing.comparison import find_difference
from coreframe.testing.measure import Measure

__all__ = ["Inputs", "Outputs", "Trial", "as_tuple", "named"]

Inputs: TypeAlias = Tensor | Sequence[Tensor]
"""The one input of a module, or all of them."""

Outputs: TypeAlias = tuple[Tensor, ...]

TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-4}
"""Where the same sums are added up in another order, relative to the largest number."""

OUTPUT_GRADIENTS = 2_000_000_011
"""Far from the seeds of values and of inputs: dy must equal none of them."""

NOISE = 3_000_000_019
"""Likewise, of what is added to constant values."""


class Trial:
    """A module to try out: a copy, so that the one under check stays as it was.

    Every forward begins with the same noise and the same buffers, so that two of them differ
    only by what the check changed in between.

    Args:
        module: a module, or a spec to assemble. One that has no values yet draws them with the
            seed.
        x: the input `(*replicas, batch, *features)`, or a sequence of several.
        seed: of whatever is drawn.
        dtype: of the copy, and of its real inputs.
        as_drawn: leave values as their initializers give them. Else those that are constant, or
            signs, get some noise: a bias of zero hides where it is forgotten, and a factor of −1
            where it divides.
    """

    def __init__(
        self,
        module: str | Module,
        x: Inputs,
        *,
        seed: int,
        dtype: torch.dtype = torch.float64,
        as_drawn: bool = False,
    ) -> None:
        self.module = _copy(module, seed).to(dtype).train()
        if not as_drawn:
            _unsettle(self.module, seed)
        self.inputs = tuple(_convert(tensor, dtype) for tensor in as_tuple(x))
        self.seed, self.dtype = seed, dtype
        self.tolerance = TOLERANCE[dtype]
        self._worst = Measure(0.0, 0.0)
        self.generator = torch.Generator().manual_seed(OUTPUT_GRADIENTS + seed)
        random = self.module.random
        generators = [g for stream in get_args(Stream) for g in random.generators(stream)]
        self._random = [(generator, generator.get_state()) for generator in generators]
        self.buffers = {name: b.value.clone() for name, b in self.module.named_buffers()}

    @property
    def gives_gradient(self) -> bool:
        """Whether backward is the gradient, in the module and all inside it."""
        return all(module.backward_is_gradient for _, module in self.module.named_modules())

    @property
    def draws_noise(self) -> bool:
        """Whether forward takes numbers from a random stream."""
        self.forward()
        self.module.forget()
        return any(not torch.equal(g.get_state(), before) for g, before in self._random)

    def forward(self, inputs: Outputs | None = None) -> Outputs:
        """The outputs for its own inputs, or for others of their shapes."""
        for generator, state in self._random:
            generator.set_state(state)
        if self.buffers:
            for name, buffer in self.module.named_buffers():
                buffer.value = self.buffers[name]
        return as_tuple(self.module.forward(*(self.inputs if inputs is None else inputs)))

    def backward(self, dy: Outputs) -> tuple[Tensor | None, ...]:
        """The gradients for the inputs; unless each has one of its shape, the check fails."""
        dx = as_tuple(self.module.backward(*dy))
        if len(dx) != len(self.inputs):
            self.fail(f"backward returned {len(dx)} gradients for {len(self.inputs)} inputs")
        for index, (gradient, tensor) in enumerate(zip(dx, self.inputs, strict=True)):
            if gradient is not None and gradient.shape != tensor.shape:
                self.fail(
                    f"the gradient of {self.input_name(index)} has shape "
                    f"{tuple(gradient.shape)}, the input has {tuple(tensor.shape)}"
                )
        return dx

    def gradients(self, *dx: Tensor | None) -> dict[str, Tensor]:
        """By name: the gradients of the inputs, and what each parameter has accumulated."""
        named = {self.input_name(i): d for i, d in enumerate(dx) if d is not None}
        return named | {name: p.grad.clone() for name, p in self.module.named_parameters()}

    def one_pass(self, dy: Outputs, inputs: Outputs | None = None) -> dict[str, Tensor]:
        """The gradients of one forward and backward, from zero."""
        self.module.forget()
        self.module.zero_grad()
        self.forward(inputs)
        return self.gradients(*self.backward(dy))

    def random_dy(self) -> Outputs:
        """Unit normals in the shapes of the outputs."""
        # Of copies, so that a module that changes its inputs meets the check with those it was given.
        outputs = self.forward(tuple(tensor.clone() for tensor in self.inputs))
        self.module.forget()
        return tuple(self.random_like(output) for output in outputs)

    def random_like(self, tensor: Tensor) -> Tensor:
        """Unit normals in the shape of this tensor."""
        numbers = torch.randn(tensor.shape, generator=self.generator, dtype=torch.float64)
        return numbers.to(tensor) if tensor.is_floating_point() else numbers.to(self.dtype)

    def input_name(self, index: int) -> str:
        """How a message calls an input."""
        return "x" if len(self.inputs) == 1 else f"input {index}"

    def expect_equal(
        self,
        got: Mapping[str, Tensor],
        wanted: Mapping[str, Tensor],
        reason: str,
        *,
        tolerance: float = 0.0,
    ) -> None:
        """Fail unless the named tensors agree; a tolerance of zero asks for equal bits."""
        for name in got.keys() ^ wanted.keys():
            self.fail(f"{name} is {'given' if name in got else 'missing'}: {reason}")
        for name, tensor in wanted.items():
            difference = find_difference(name, got[name], tensor)
            if not difference.figure <= tolerance:
                self.fail(f"{difference.text}: {reason}")
            self._worst = max(self._worst, Measure(difference.figure, tolerance))

    @property
    def measured(self) -> Measure:
        """The largest difference that was found, and what it might have been."""
        return self._worst

    def fail(self, what: str) -> NoReturn:
        """Raise `CheckFailed`, saying of which module and how to repeat it."""
        raise CheckFailed(f"{self.module!r}: {what} (seed {self.seed})")


def named(name: str, tensors: Sequence[Tensor | None]) -> dict[str, Tensor]:
    """Tensors by name: `y`, or `y 0` and `y 1` where there are several; None is left out."""
    names = [name] if len(tensors) == 1 else [f"{name} {i}" for i in range(len(tensors))]
    return {n: tensor for n, tensor in zip(names, tensors, strict=True) if tensor is not None}


def as_tuple(tensors: Any) -> tuple[Any, ...]:
    """One tensor, None or several, as a tuple."""
    return tuple(tensors) if isinstance(tensors, list | tuple) else (tensors,)


def _unsettle(module: Module, seed: int) -> None:
    """Add noise to constant values and to signs; replica r gets that of a lone module of seed + r."""
    settled = [
        p for p in module.param() if isinstance(p.initializer, Constant) or _are_signs(p.value)
    ]
    seeds = [seed + r for r in range(module.replicas[0])] if module.replicas else [seed]
    generators = [torch.Generator().manual_seed(NOISE + own) for own in seeds]
    for parameter in settled:
        noise = torch.stack(
            [torch.randn(parameter.shape, generator=g, dtype=torch.float64) for g in generators]
        )
        parameter.value.add_(0.25 * (noise if module.replicas else noise[0]).to(parameter.value))


def _are_signs(value: Tensor) -> bool:
    return bool((value.abs() == 1).all())


def _copy(module: str | Module, seed: int) -> Module:
    if isinstance(module, str):
        return assemble(module, seed=seed)
    own = copy.deepcopy(module)
    if not own.context.is_seeded and not any(p.is_bound for p in own.param()):
        own.initialize(seed=seed)
    return own


def _convert(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    tensor = tensor.clone(memory_format=torch.contiguous_format)
    return tensor.to(dtype) if tensor.is_floating_point() else tensor
