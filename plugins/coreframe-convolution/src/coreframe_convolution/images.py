"""Images: the inputs of a layer as the operators take them, `(batch, channels, height, width)`.

A population's `(R, batch, channels, height, width)` become `(batch, R · channels, height, width)`,
whose channels fall into R groups. The result is given back in that memory, seen through exchanged
axes, so that from the second layer on nothing is copied.
"""

from __future__ import annotations

from torch import Tensor

from coreframe import ArgumentError, Module, Parameter, Shape, ShapeError

__all__ = [
    "as_channels",
    "as_samples",
    "expect_features",
    "expect_gradient",
    "expect_like",
    "flat",
    "from_channels",
    "from_samples",
    "lies_as_channels",
    "split",
]


def as_channels(x: Tensor, layer: Module) -> Tensor:
    """`(*replicas, batch, channels, …)` as `(batch, R · channels, …)`."""
    return x.transpose(0, 1).flatten(1, 2) if layer.replicas else x


def from_channels(y: Tensor, layer: Module) -> Tensor:
    """The way back of `as_channels`."""
    if not layer.replicas:
        return y
    (replicas,) = layer.replicas
    return y.view(y.shape[0], replicas, y.shape[1] // replicas, *y.shape[2:]).transpose(0, 1)


def lies_as_channels(x: Tensor, layer: Module) -> bool:
    """Whether a population's images lie in memory as `from_channels` gives them."""
    return bool(layer.replicas) and x.stride(0) < x.stride(1)


def as_samples(x: Tensor, layer: Module, *, channels: bool) -> Tensor:
    """Four axes for what treats every image alike; the way that copies nothing is the caller's."""
    if not layer.replicas:
        return x
    return as_channels(x, layer) if channels else x.flatten(0, 1)


def from_samples(y: Tensor, layer: Module, *, channels: bool) -> Tensor:
    """The way back of `as_samples`."""
    if not layer.replicas:
        return y
    if channels:
        return from_channels(y, layer)
    (replicas,) = layer.replicas
    return y.view(replicas, y.shape[0] // replicas, *y.shape[1:])


def flat(parameter: Parameter, layer: Module) -> Tensor:
    """A parameter's values with the replicas joined to its first axis."""
    return parameter.value.flatten(0, 1) if layer.replicas else parameter.value


def split(shape: Shape, channels: int | None, axes: int, layer: Module) -> Shape:
    """The last axes of one sample's shape `(channels, …)`.

    Raises:
        ShapeError: if it has other axes or channels.
    """
    if len(shape) != axes + 1 or (channels is not None and shape[0] != channels):
        raise ShapeError(f"{layer!r} takes {_wanted(channels, axes)}, got {tuple(shape)}")
    return tuple(shape[1:])


def expect_features(x: Tensor, channels: int | None, axes: int, layer: Module) -> None:
    """Raise unless it is `(*replicas, batch, channels, …)` with so many axes after the channels.

    Raises:
        ShapeError: if it is not.
    """
    replicas = layer.replicas
    if (
        x.dim() != len(replicas) + axes + 2
        or (channels is not None and x.shape[len(replicas) + 1] != channels)
        or (replicas and x.shape[0] != replicas[0])
    ):
        raise ShapeError(
            f"{layer.described} for replicas {replicas} takes {_wanted(channels, axes)} after "
            f"(*replicas, batch); it got {tuple(x.shape)}"
        )


def expect_like(x: Tensor, weight: Tensor, layer: Module) -> None:
    """Raise unless dtype and device are those of the weights.

    Raises:
        ArgumentError: if they are not.
    """
    for own, other in ((weight.dtype, x.dtype), (weight.device, x.device)):
        if own != other:
            raise ArgumentError(
                f"{layer.described} has weights of {own} and got a tensor of {other}; "
                f"convert it with to({own})"
            )


def expect_gradient(dy: Tensor, shape: Shape, layer: Module) -> None:
    """Raise unless an output gradient has the output's shape.

    Raises:
        ShapeError: if it has not.
    """
    if dy.shape != shape:
        raise ShapeError(
            f"{layer.described} got the gradient {tuple(dy.shape)} for outputs {tuple(shape)}"
        )


def _wanted(channels: int | None, axes: int) -> str:
    number = "channels" if channels is None else str(channels)
    return f"({number}, length)" if axes == 1 else f"({number}, height, width)"
