"""PaddedLinear: fully connected layers of different sizes, as one population."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coreframe import ArgumentError, Example, Graph, Module, Setting, Shape, whole_number
from coreframe_linear.linear import Linear
from coreframe_linear.padded_normal import PaddedNormal

__all__ = ["PaddedLinear"]


class PaddedLinear(Module):
    """Fully connected layer of which a replica uses the first inputs and outputs only.

    s = (m ∘ x) wᵀ + b,  dx = m ∘ (ds w),  dw = dsᵀ (m ∘ x),  db = Σ_batch ds

    with mⱼ = 1 for the inputs j that a replica uses and 0 for the others. So networks of
    different widths train as one population: weights of outputs that are not used start at zero,
    and get no gradient as long as only elementwise layers and another `PaddedLinear` that does
    not use them follow. Each replica computes what it would with `Linear(inputs, outputs)`, and
    starts from the values that it would draw there.

    Shapes: x (*, in_size) → s (*, out_size); weight (out_size, in_size), bias (out_size,), both in
    `linear`.
    Source: ParallelMLPs, Farias et al. 2022, Embarrassingly parallel independent training of
    multi-layer perceptrons with heterogeneous architectures.

    Args:
        in_size: number of input features, of the widest replica.
        out_size: number of output features, of the widest replica.
        inputs: how many of the input features are used, one number or one per replica; None for
            all.
        outputs: likewise of the output features.
        gain: factor of the initial standard deviation, one or one per replica.

    Raises:
        ArgumentError: if a size is not a positive integer, or more are used than there are.
    """

    replica_settings = ("inputs", "outputs", "gain")

    def __init__(
        self,
        in_size: int,
        out_size: int,
        *,
        inputs: int | Sequence[int] | None = None,
        outputs: int | Sequence[int] | None = None,
        gain: Setting = 1.0,
    ) -> None:
        self.linear = Linear(in_size, out_size, gain=gain)
        used = _used("inputs", inputs, in_size), _used("outputs", outputs, out_size)
        gains = torch.as_tensor(gain).reshape(-1).tolist()
        self.linear.weight.initializer = PaddedNormal(*used, gains, axes=2)
        self.linear.bias.initializer = PaddedNormal(*used, gains, axes=1)
        self.in_size, self.inputs = in_size, inputs
        self._mask: tuple[object, Tensor] | None = None

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(4, 3), (4,)),
            Example(cls(4, 3, inputs=2), (4,)),
            Example(cls(5, 6, inputs=3, outputs=4, gain=0.5), (2, 5)),
            Example(cls(20, 2, inputs=7), (20,)),
            Example(cls(1, 1, inputs=1, outputs=1), (1,)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        return self.linear.forward(self._masked(x))

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (ds,) = gradwrtoutput
        layer = self.linear
        # s = (m ∘ x) wᵀ + b, so ∂s/∂x = w ∘ m
        return self._masked(layer.backward(ds))

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        self.linear.backward_parameters(*gradwrtoutput)

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return self.linear.output_shape(input_shape)

    def export(self, graph: Graph, x: str) -> str:
        if self.inputs is not None:
            used = torch.arange(self.in_size) < torch.as_tensor(self.inputs)
            x = graph.add("Mul", x, graph.constant(used.float()))
        return self.linear.export(graph, x)

    def _masked(self, x: Tensor) -> Tensor:
        """Zeros in place of the features that are not used."""
        if self.inputs is None or x.shape[-1:] != (self.in_size,):  # Linear says what it takes
            return x
        key = (self.replicas, str(self.inputs), x.dtype, x.device, x.dim())
        if self._mask is None or self._mask[0] != key:
            with torch.inference_mode(False):
                used = torch.as_tensor(self.inputs, device=x.device)
                mask = torch.arange(self.in_size, device=x.device) < used.unsqueeze(-1)
                shape = (*self.replicas, *[1] * (x.dim() - 1 - len(self.replicas)), self.in_size)
                mask = mask.expand(*self.replicas, self.in_size).reshape(shape).to(x.dtype)
            self._mask = key, mask
        return x * self._mask[1]


def _used(name: str, numbers: int | Sequence[int] | None, size: int) -> list[int]:
    """How many features each replica uses."""
    if numbers is None:
        return [whole_number(f"PaddedLinear: {name}", size)]
    given = numbers if isinstance(numbers, Sequence) else [numbers]
    counts = [whole_number(f"PaddedLinear: {name}", number) for number in given]
    for count in counts:
        if count > size:
            raise ArgumentError(f"PaddedLinear: {name} must be at most {size}, got {count}")
    return counts
