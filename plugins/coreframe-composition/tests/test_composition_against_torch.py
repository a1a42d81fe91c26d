"""Networks of nested containers, drawn at random, against torch's autograd; and ONNX's test cases."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from math import prod
from random import Random
from typing import Any

import pytest
import torch
from onnx.backend.test.case import node
from torch import Tensor

from coreframe import Module, Parameter, Sequential, assemble
from coreframe_composition import (
    Concatenate,
    Flatten,
    Identity,
    Parallel,
    Repeat,
    Reshape,
    Residual,
    Scale,
    Sum,
)

SETTINGS = 100
CONTAINERS = ["Residual", "Sum", "Concatenate", "Repeat", "Scale", "Reshape", "Identity"]


def drawing(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # settings to try are no secrets


def draw(random: Random, kind: str, size: int, depth: int) -> tuple[str, int]:
    """The spec of a container for `size` features, and how many its output has."""

    def inner(inputs: int, outputs: int) -> str:
        """A network of these sizes, with a container in it as long as there is depth."""
        if depth == 0:
            return f"Sequential(Linear({inputs}, {outputs}), Tanh)"
        spec, width = draw(random, random.choice(CONTAINERS), inputs, depth - 1)
        return f"Sequential({spec}, Linear({width}, {outputs}))"

    branches = random.randint(1, 3)
    if kind == "Residual":
        return f"Residual({inner(size, size)})", size
    if kind == "Repeat":
        return f"Repeat({inner(size, size)}, {branches})", size
    if kind == "Sum":
        width = random.randint(1, 4)
        return f"Sum({', '.join(inner(size, width) for _ in range(branches))})", width
    if kind in ("Concatenate", "Parallel"):
        widths = [random.randint(1, 4) for _ in range(branches)]
        return f"{kind}({', '.join(inner(size, w) for w in widths)})", sum(widths)
    if kind == "Scale":
        shape = random.choice(["", "1, ", f"{size}, "])
        return f"Scale({shape}start={random.uniform(-2, 2):.3f})", size
    if kind in ("Reshape", "Flatten"):
        return f"Sequential(Reshape({random.choice([size, -1])}, 1), Flatten)", size
    return "Identity", size


def oracle(module: Module, x: Tensor, leaves: Mapping[int, Tensor]) -> Any:  # noqa: C901  # a case for each container
    """What a module gives, by plain torch on the leaves of its parameters."""

    def value(parameter: Parameter) -> Tensor:
        return leaves[id(parameter)]

    def each(layers: Any) -> list[Tensor]:
        return [oracle(layer, x, leaves) for layer in layers]

    lead = len(module.replicas) + 1
    match module:
        case Sequential(layers=layers):
            return reduce(lambda y, layer: oracle(layer, y, leaves), layers, x)
        case Repeat(chain=chain):
            return oracle(chain, x, leaves)
        case Residual(layer=layer):
            return x + oracle(layer, x, leaves)
        case Sum(layers=layers):
            return torch.stack(each(layers)).sum(0)
        case Concatenate(layers=layers):
            return torch.cat(each(layers), -1)
        case Parallel(layers=layers):
            return tuple(each(layers))
        case Scale(gain=gain):
            between = [1] * (x.dim() - len(module.replicas) - len(gain.shape))
            return x * value(gain).view(*module.replicas, *between, *gain.shape)
        case Flatten():
            return x.flatten(lead)
        case Reshape(shape=shape):
            known, total = prod(size for size in shape if size > 0), prod(x.shape[lead:])
            return x.view(*x.shape[:lead], *[total // known if s < 0 else s for s in shape])
        case Identity():
            return x
    if type(module).__name__ == "Tanh":
        return x.tanh()
    weight, bias = (value(parameter) for parameter in module.param())
    rows = x.flatten(lead - 1, -2) if x.dim() > lead + 1 else x
    y = rows @ weight.mT + bias.unsqueeze(-2)
    return y.view(*x.shape[:-1], y.shape[-1])


@pytest.mark.parametrize("kind", [*CONTAINERS, "Parallel", "Flatten"])
def test_autograd_agrees_on_random_networks(kind: str) -> None:
    for seed in range(SETTINGS):
        random = drawing(seed)
        size, replicas = random.randint(1, 5), random.choice([0, 0, 1, 3])
        spec, _ = draw(random, kind, size, depth=random.randint(0, 2))
        chosen = {"seeds": range(seed, seed + replicas)} if replicas else {"seed": seed}
        model = assemble(spec, dtype=torch.float64, **chosen)
        generator = torch.Generator().manual_seed(seed)
        features = (random.randint(1, 3), size) if random.random() < 0.3 else (size,)
        if "Reshape" in spec:
            features = (size,)
        shape = (*model.replicas, random.randint(0, 4), *features)
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        parameters = model.param()
        leaves = {id(p): p.value.clone().requires_grad_() for p in parameters}
        leaf = x.clone().requires_grad_()
        wanted = oracle(model, leaf, leaves)
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        got = model.forward(x)
        got = got if isinstance(got, tuple) else (got,)
        dy = [torch.randn(y.shape, generator=generator, dtype=torch.float64) for y in wanted]
        dx = model.backward(*dy)
        inputs = [leaf, *(leaves[id(p)] for p in parameters)]
        gradients = torch.autograd.grad(wanted, inputs, dy)
        for one, other in zip(
            [*got, dx, *(p.grad for p in parameters)], [*wanted, *gradients], strict=True
        ):
            torch.testing.assert_close(one, other.detach(), rtol=1e-10, atol=1e-10, msg=repr(model))
        model.expect_all_undone()


def test_autograd_agrees_on_flattened_and_reshaped_features() -> None:
    for seed in range(SETTINGS):
        random = drawing(seed)
        replicas = random.choice([(), (2,)])
        features = tuple(random.randint(1, 4) for _ in range(random.randint(0, 4)))
        shape = (*replicas, random.randint(0, 3), *features)
        x = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        total = prod(features)
        divisor = random.choice([d for d in range(1, total + 1) if total % d == 0])
        for layer, inner in (
            (Flatten(), (total,)),
            (Reshape(divisor, -1), (divisor, total // divisor)),
            (Reshape(-1, divisor), (total // divisor, divisor)),
            (Reshape(*features[::-1]), features[::-1]),
        ):
            layer.initialize(**({"seeds": [1, 2]} if replicas else {"seed": 1}))
            leaf = x.clone().requires_grad_()
            wanted = leaf.reshape(*shape[: len(replicas) + 1], *inner)
            dy = torch.randn(wanted.shape, dtype=torch.float64)
            assert torch.equal(layer.forward(x), wanted)
            assert torch.equal(layer.backward(dy), torch.autograd.grad(wanted, leaf, dy)[0])


def test_autograd_agrees_on_gains_that_axes_share() -> None:
    for seed in range(SETTINGS):
        random = drawing(seed)
        features = [random.randint(1, 4) for _ in range(random.randint(0, 3))]
        kept = features[random.randint(0, len(features)) :]
        own = [random.choice([size, 1]) for size in kept]
        layer = Scale(*own, start=random.uniform(-2, 2))
        replicas = random.choice([(), (3,)])
        chosen = {"seeds": [1, 2, 3]} if replicas else {"seed": 1}
        layer.initialize(dtype=torch.float64, **chosen)
        generator = torch.Generator().manual_seed(seed)
        shape = (*replicas, random.randint(0, 3), *features)
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        layer.gain.value.copy_(torch.randn(layer.gain.value.shape, generator=generator))
        gain, leaf = layer.gain.value.clone().requires_grad_(), x.clone().requires_grad_()
        wanted = leaf * gain.view(*replicas, *[1] * (1 + len(features) - len(own)), *own)
        dy = torch.randn(shape, generator=generator, dtype=torch.float64)
        gradients = torch.autograd.grad(wanted, (leaf, gain), dy)
        got = (layer.forward(x), layer.backward(dy), layer.gain.grad)
        for one, other in zip(got, (wanted.detach(), *gradients), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


# ---- ONNX ----

# Importing an operator's module makes its cases, and only these: all together take ten seconds.
for _operator in ("concat", "flatten", "identity", "reshape", "sum"):
    import_module(f"onnx.backend.test.case.node.{_operator}")


def data_of(name: str) -> tuple[list[Tensor], list[Tensor]]:
    """Inputs and outputs of a case of ONNX."""
    (case,) = (case for case in node._NodeTestCases if case.name == name)
    inputs, outputs = case.data_sets[0]
    return (
        [torch.from_numpy(array.copy()) for array in inputs],
        [torch.from_numpy(array.copy()) for array in outputs],
    )


@pytest.mark.parametrize("name", ["test_flatten_axis1", "test_flatten_default_axis"])
def test_onnx_flatten(name: str) -> None:
    (x,), (y,) = data_of(name)
    assert torch.equal(Flatten().forward(x), y)


def test_onnx_identity() -> None:
    (x,), (y,) = data_of("test_identity")
    assert torch.equal(Identity().forward(x), y)


def test_onnx_reshape() -> None:
    names = [case.name for case in node._NodeTestCases if case.name.startswith("test_reshape_")]
    tried = 0
    for name in names:
        (x, shape), (y,) = data_of(name)
        wanted = shape.tolist()
        # The cases whose first axis stays, as the batch does; a zero has another meaning there.
        if y.shape[:1] == x.shape[:1] and 0 not in wanted:
            assert torch.equal(Reshape(*wanted[1:]).forward(x), y)
            tried += 1
    assert tried >= 1


class Constantly(Module):
    """Gives a tensor of its own, whatever comes in."""

    def __init__(self, y: Tensor) -> None:
        self.y = y

    def forward(self, x: Tensor) -> Tensor:
        return self.y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return gradwrtoutput[0]


@pytest.mark.parametrize("axes", [2, 3])
def test_onnx_concatenation(axes: int) -> None:
    inputs, (y,) = data_of(f"test_concat_{axes}d_axis_negative_1")
    layer = Concatenate(*[Constantly(part) for part in inputs])
    assert torch.equal(layer.forward(inputs[0]), y)


@pytest.mark.parametrize("name", ["test_sum_example", "test_sum_one_input", "test_sum_two_inputs"])
def test_onnx_sum(name: str) -> None:
    inputs, (y,) = data_of(name)
    layer = Sum(*[Constantly(part) for part in inputs])
    total = layer.forward(inputs[0])
    assert total is not None
    torch.testing.assert_close(total, y)
