"""Convolutions and pooling: what is refused, in which words, and the sizes that they tell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

import coreframe as cf
from coreframe import ArgumentError, Module, ShapeError
from coreframe_convolution import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    NearestUpsampling,
)

WHOLE = "must be an integer of at least"
POSITIVE = "must be a positive integer"

REFUSED: list[tuple[Callable[[], Module], str]] = [
    (lambda: Conv2d(0, 1, 3), f"Conv2d: in_channels {POSITIVE}, got 0"),
    (lambda: Conv2d(1, True, 3), f"Conv2d: out_channels {POSITIVE}, got True"),
    (lambda: Conv2d(1, 1, 1.5), rf"Conv2d: kernel_size {WHOLE} 1, or two of them, got 1.5"),  # type: ignore[arg-type]
    (lambda: Conv2d(1, 1, [1, 2, 3]), rf"Conv2d: kernel_size {WHOLE} 1, or two"),
    (lambda: Conv2d(1, 1, [1, 2, 0]), rf"Conv2d: kernel_size {WHOLE} 1, or two"),
    (lambda: Conv2d(1, 1, 3, stride=[1, 0]), rf"Conv2d: stride {WHOLE} 1, or two"),
    (lambda: Conv2d(1, 1, 3, padding=-1), rf"Conv2d: padding {WHOLE} 0, or two"),
    (lambda: Conv2d(2, 3, 3, groups=2), "Conv2d: groups must divide the channels, got 2 for 2 and"),
    (lambda: Conv2d(3, 2, 3, groups=2), "Conv2d: groups must divide the channels, got 2 for 3 and"),
    (lambda: Conv1d(1, 1, "3"), f"Conv1d: kernel_size {POSITIVE}, got '3'"),  # type: ignore[arg-type]
    (lambda: Conv1d(1, 1, 3, dilation=0), f"Conv1d: dilation {POSITIVE}, got 0"),
    (lambda: Conv1d(1, 1, 3, padding=-1), "Conv1d: padding must be an integer from 0, got -1"),
    (lambda: ConvTranspose2d(1, 3, 3, groups=3), "ConvTranspose2d: groups must divide"),
    (
        lambda: ConvTranspose2d(1, 1, 3, stride=2, output_padding=2),
        "ConvTranspose2d: output_padding must be less than stride or dilation, got 2",
    ),
    (lambda: MaxPool2d(0), rf"MaxPool2d: kernel_size {WHOLE} 1"),
    (lambda: MaxPool2d(3, padding=2), "MaxPool2d: padding must be at most half of kernel_size"),
    (lambda: AvgPool2d(3, padding=2), "AvgPool2d: padding must be at most half of kernel_size"),
    (lambda: AdaptiveAvgPool2d(0), rf"AdaptiveAvgPool2d: output_size {WHOLE} 1, or two"),
    (lambda: NearestUpsampling([2]), rf"NearestUpsampling: factor {WHOLE} 1, or two"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_arguments_are_refused(make: Callable[[], Module], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


TOO_SMALL: list[tuple[Module, tuple[int, ...], str]] = [
    (Conv2d(1, 1, 3), (1, 2, 5), "no kernel fits in 2 × 5"),
    (Conv1d(1, 1, 3, dilation=2), (1, 4), "no kernel fits in 4"),
    (ConvTranspose2d(1, 1, 1, padding=1), (1, 2, 3), "of 2 × 3 its padding leaves nothing"),
    (MaxPool2d(3), (1, 2, 3), "no window fits in 2 × 3"),
    (MaxPool2d(2, padding=1, dilation=2), (1, 1, 2), "read padding alone"),
    (AvgPool2d(3), (1, 2, 3), "no window fits in 2 × 3"),
    (AdaptiveAvgPool2d(1), (1, 0, 3), "0 × 3 has no mean"),
]


@pytest.mark.parametrize(
    ("layer", "shape", "message"), TOO_SMALL, ids=[message for *_, message in TOO_SMALL]
)
def test_images_that_are_too_small_are_refused(
    layer: Module, shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        layer.forward(torch.zeros(2, *shape))
    with pytest.raises(ShapeError, match=message):
        layer.output_shape(shape)


LAYERS: list[tuple[Module, tuple[int, ...]]] = [
    (Conv2d(2, 3, 2), (2, 4, 4)),
    (Conv1d(2, 3, 2), (2, 4)),
    (ConvTranspose2d(2, 3, 2), (2, 4, 4)),
    (MaxPool2d(2), (2, 4, 4)),
    (AvgPool2d(2), (2, 4, 4)),
    (AdaptiveAvgPool2d(1), (2, 4, 4)),
    (NearestUpsampling(2), (2, 4, 4)),
]


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=repr)
def test_other_axes_are_refused(layer: Module, shape: tuple[int, ...]) -> None:
    model = cf.Sequential(layer).initialize(seed=0)
    with pytest.raises(ShapeError, match=r"at 0 for replicas \(\) takes .* it got \(2, 4\)"):
        model.forward(torch.zeros(2, 4))
    model.initialize(seeds=[0, 1])
    with pytest.raises(ShapeError, match=r"for replicas \(2,\)"):
        model.forward(torch.zeros(3, 2, *shape))
    with pytest.raises(ShapeError, match="takes"):
        layer.output_shape((4,))
    assert layer.output_shape(None) is None


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=repr)
def test_gradients_of_other_shapes_are_refused(layer: Module, shape: tuple[int, ...]) -> None:
    layer.initialize(seed=0)
    y = layer.forward(torch.zeros(2, *shape))
    with pytest.raises(ShapeError, match="got the gradient"):
        layer.backward(torch.zeros(*y.shape[:-1], y.shape[-1] + 1))


@pytest.mark.parametrize(("layer", "shape"), LAYERS[:3], ids=repr)
def test_other_channels_and_dtypes_are_refused(layer: Module, shape: tuple[int, ...]) -> None:
    layer.initialize(seed=0)
    with pytest.raises(ShapeError, match=r"takes \(2, "):
        layer.forward(torch.zeros(2, 3, *shape[1:]))
    with pytest.raises(ArgumentError, match=r"has weights of torch.float32 and got .*float64"):
        layer.forward(torch.zeros(2, *shape, dtype=torch.float64))


def test_weights_have_the_shapes_of_torch() -> None:
    assert Conv2d(4, 6, [3, 2], groups=2).weight.shape == (6, 2, 3, 2)
    assert Conv1d(4, 6, 3, groups=2).weight.shape == (6, 2, 3)
    assert ConvTranspose2d(4, 6, [3, 2], groups=2).weight.shape == (4, 3, 3, 2)
    assert Conv2d(1, 1, 1, bias=False).bias is None


def test_max_pooling_gives_the_gradient_to_the_first_of_equals() -> None:
    layer = MaxPool2d(2)
    layer.forward(torch.ones(1, 1, 2, 2))
    assert layer.backward(torch.ones(1, 1, 1, 1)).tolist() == [[[[1.0, 0.0], [0.0, 0.0]]]]
    overlapping = MaxPool2d([1, 2], stride=1)
    overlapping.forward(torch.tensor([[[[1.0, 2.0, 1.0]]]]))
    assert overlapping.backward(torch.ones(1, 1, 1, 2)).tolist() == [[[[0.0, 2.0, 0.0]]]]


def test_a_small_network_is_assembled_and_learns_in_a_population() -> None:
    specs = ["Conv2d(1, 4, 3, padding=1)", "MaxPool2d(2)", "Conv2d(4, 3, 2, gain=[0.5, 1.0])"]
    model = cf.assemble(specs, seeds=[0, 1])
    x = torch.randn(2, 5, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    before = model.forward(x)
    losses = [float(before.square().mean())]
    for _ in range(3):
        model.backward(before)
        model.step(1e-3)
        model.zero_grad()
        before = model.forward(x)
        losses.append(float(before.square().mean()))
    assert losses == sorted(losses, reverse=True)
