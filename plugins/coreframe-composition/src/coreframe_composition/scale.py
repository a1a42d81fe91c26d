"""Scale: a learned gain."""

from __future__ import annotations

from torch import Tensor

from coreframe import (
    ArgumentError,
    Constant,
    Example,
    Graph,
    Module,
    Parameter,
    Shape,
    ShapeError,
    whole_number,
)

__all__ = ["Scale"]


class Scale(Module):
    """Multiplies with a learned gain: one number, one per feature, or one per channel.

    y = a ⊙ x,  dx = a ⊙ dy,  da = Σ x ⊙ dy over the batch and all axes that a number is shared on

    At the end of a residual branch with a small start it lets deep networks begin as the
    identity: `Residual(Sequential(…, Scale(8, start=0.0)))`.

    Shapes: x (*replicas, batch, …, *shape) → y likewise; gain `shape`.
    Source: Touvron et al. 2021, Going deeper with image transformers, §2 (LayerScale); De and
    Smith 2020, Batch normalization biases residual blocks (SkipInit, one number).

    Args:
        shape: of the gain, which are the last axes of the features: `Scale()` is one number,
            `Scale(8)` one for each of the last axis, `Scale(3, 1, 1)` one for each of three
            channels. An axis of 1 is shared by any size.
        start: the gain's first value.

    Raises:
        ArgumentError: if a size is not a positive integer or `start` not a number; in forward
            and backward, for a tensor of another dtype than the gain.
        ShapeError: in forward, if the input has other features or replicas; in backward, if the
            gradient is not of the output's shape.
    """

    def __init__(self, *shape: int, start: float = 1.0) -> None:
        self.shape = tuple(whole_number("Scale: a size", size) for size in shape)
        self.gain = Parameter(self.shape, Constant(start))

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[1.0, -2.0, 4.0]], [[0.5, -1.0, 2.0]])]
        return [
            Example(cls(3, start=0.5), (3,), known=known, deviations={"gain": 0.0}),
            Example(cls(start=-2.0), (2, 3)),
            Example(cls(), ()),
            Example(cls(4), (5, 4)),
            Example(cls(3, 1, 1), (3, 2, 2)),
            Example(cls(1, 2), (2, 3, 2)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        replicas = self.replicas
        features = tuple(x.shape[len(replicas) + 1 :])
        if (
            x.dim() == len(replicas)
            or tuple(x.shape[: len(replicas)]) != replicas
            or not self._fits(features)
        ):
            raise ShapeError(
                f"{self.described} for replicas {replicas} takes features that end in "
                f"{self.shape}, as (*replicas, batch, …); it got {tuple(x.shape)}"
            )
        self._expect_alike("input", x)
        y = x * self._aligned(x)
        self.save(x)
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self._add_gradient(dy)
        dx: Tensor = dy * self._aligned(dy)
        return dx

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        self._add_gradient(dy)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            # Nothing is certain of an axis of 1, nor of those in front of it.
            last = next((i for i, size in enumerate(reversed(self.shape)) if size == 1), None)
            certain = self.shape if last is None else self.shape[len(self.shape) - last :]
            return certain or None
        if not self._fits(input_shape):
            raise ShapeError(f"{self!r} takes features that end in {self.shape}, got {input_shape}")
        return input_shape

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Mul", x, graph.constant(self.gain))

    def _fits(self, features: Shape) -> bool:
        own = self.shape
        last = features[len(features) - len(own) :]
        return len(features) >= len(own) and all(
            size in (1, other) for size, other in zip(own, last, strict=True)
        )

    def _aligned(self, x: Tensor) -> Tensor:
        """The gain as it broadcasts over `x`: replicas first, features last."""
        between = x.dim() - len(self.replicas) - len(self.shape)
        return self.gain.value.reshape((*self.replicas, *[1] * between, *self.shape))

    def _expect_alike(self, name: str, tensor: Tensor) -> None:
        own = self.gain.value.dtype
        if tensor.dtype != own:  # torch would promote, and the next layer wonder
            raise ArgumentError(
                f"{self.described} has a gain of {own} and got an {name} of {tensor.dtype}; "
                f"convert it with to({own})"
            )

    def _add_gradient(self, dy: Tensor) -> None:
        (x,) = self.saved()
        if dy.shape != x.shape:
            raise ShapeError(
                f"{self.described} got the gradient {tuple(dy.shape)} for outputs {tuple(x.shape)}"
            )
        self._expect_alike("output gradient", dy)
        # yᵢⱼ = aⱼ xᵢⱼ, so daⱼ = Σᵢ xᵢⱼ dyᵢⱼ
        product = x * dy
        lead, own = len(self.replicas), self.shape
        shared = list(range(lead, x.dim() - len(own)))
        shared += [x.dim() - len(own) + i for i, size in enumerate(own) if size == 1]
        self.gain.grad.add_(product.sum(shared).reshape((*self.replicas, *own)))
