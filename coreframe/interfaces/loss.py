"""Loss: the interface of what training minimizes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal, TypeAlias

from torch import Tensor

from coreframe.errors import ArgumentError, ExportError, ProtocolError, ShapeError
from coreframe.interfaces.component import Component
from coreframe.interfaces.graph import Graph
from coreframe.interfaces.replicas import Replicas

__all__ = ["Loss", "Target"]

Target: TypeAlias = Literal["like outputs", "class indices"]
"""`like outputs`: of the outputs' shape; `class indices`: int64 `(*replicas, batch)`."""


class Loss(Component):
    """Compares outputs with targets; gives one number per replica, and the gradient.

    `replicas` says which leading axes are replicas; `train_model` and `compute_accuracy` set it
    to the model's. It is `()` for a loss made by hand.
    """

    replicas: Replicas = ()

    reduction: ClassVar[Literal["mean", "sum"]] = "mean"
    """Whether the number is a mean over the samples of a batch, or their sum."""

    targets: ClassVar[tuple[Target, ...]] = ("like outputs",)
    """The targets it takes: tensors of the outputs' shape, class indices, or either."""

    _saved: tuple[Any, ...] | None = None

    # ---- what a loss writes ----

    @abstractmethod
    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        """One number per replica, shape `replicas`.

        Args:
            pred: outputs, `(*replicas, batch, *features)`.
            actual: targets, of a form that `targets` names.
            weight: `(*replicas, batch)`; a sample of weight zero counts as left out.

        Raises:
            ShapeError: for shapes that differ, also where a broadcast would fit.
        """

    @abstractmethod
    def backward(self) -> Tensor:
        """The gradient for the last `pred`, in its shape."""

    @abstractmethod
    def predict(self, output: Tensor) -> Tensor:
        """The predicted class of each sample, `(*replicas, batch)`; its value in regression.

        Classes are integers. Real numbers are values, of which there is no accuracy.
        """

    def probabilities(self, output: Tensor) -> Tensor:  # noqa: ARG002
        """How probable the loss takes each class of each sample to be, in the outputs' shape.

        Raises:
            ArgumentError: if it reads outputs as something else.
        """
        raise ArgumentError(f"{self!r} does not read outputs as probabilities")

    def export_probabilities(self, graph: Graph, output: str) -> str:  # noqa: ARG002
        """Write into a graph what `probabilities` does.

        Raises:
            ExportError: if the loss does not say it.
        """
        raise ExportError(
            f"{self!r} does not say its export: add a method `export_probabilities(self, graph, "
            f"output)` to {type(self).__qualname__} that writes its probabilities with graph.add"
        )

    def classes(self, actual: Tensor) -> Tensor:
        """The class of each target, to compare with `predict`; the target itself by default."""
        return actual

    # ---- what a loss uses ----

    def save(self, *items: Any) -> None:
        """Keep what backward needs; a second call replaces the first."""
        self._saved = items

    def saved(self) -> tuple[Any, ...]:
        """Take back what the last `compute_loss` saved.

        Raises:
            ProtocolError: if there was none since the last backward.
        """
        if self._saved is None:
            raise ProtocolError(f"backward of {self!r} came without compute_loss")
        items, self._saved = self._saved, None
        return items

    def clear(self) -> None:
        """Forget what was saved, after an evaluation or an interrupted step."""
        self._saved = None

    def expect_same_shape(self, pred: Tensor, actual: Tensor) -> None:
        """Raise unless both have one shape, with the replica and batch axes in front."""
        if pred.shape != actual.shape:
            raise ShapeError(
                f"{self!r} needs targets of the outputs' shape {tuple(pred.shape)}, "
                f"got {tuple(actual.shape)}"
            )
        self.expect_replicas(pred)

    def expect_replicas(self, pred: Tensor) -> None:
        """Raise unless `pred` begins with the replica axis and has a batch axis."""
        leading = len(self.replicas)
        if pred.dim() <= leading or tuple(pred.shape[:leading]) != self.replicas:
            raise ShapeError(
                f"{self!r} for replicas {self.replicas} got outputs {tuple(pred.shape)}; "
                "they must be (*replicas, batch, *features)"
            )

    def share(self, elements: Tensor, weight: Tensor | None) -> float | Tensor:
        """What each element counts in a mean over all elements: 1/n, or wᵢ / Σw per sample.

        With all weights of a replica zero, every share is zero rather than 0/0.
        """
        leading = len(self.replicas)
        per_replica = elements.shape[leading:].numel()
        if weight is None:
            return 1.0 / max(per_replica, 1)
        if weight.shape != elements.shape[: leading + 1]:
            raise ShapeError(
                f"{self!r} needs weights (*replicas, batch) = "
                f"{tuple(elements.shape[: leading + 1])}, got {tuple(weight.shape)}"
            )
        features = elements.shape[leading + 1 :]
        total = weight.sum(-1, keepdim=True) * features.numel()
        share = (weight / total.masked_fill(total == 0, 1)).to(elements.dtype)
        return share.reshape(*weight.shape, *[1] * len(features))

    def weighted_sum(self, elements: Tensor, share: float | Tensor) -> Tensor:
        """Σ share · element over all axes but the replicas."""
        if isinstance(share, Tensor):
            elements, share = elements * share, 1.0
        total = elements.sum(tuple(range(len(self.replicas), elements.dim())))
        return total if share == 1.0 else total * share
