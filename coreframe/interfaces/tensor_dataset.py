"""TensorDataset: a dataset of one's own tensors."""

from __future__ import annotations

from typing import TypeAlias

from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.split import Split
from coreframe.interfaces.tensor_split import TensorSplit

__all__ = ["TensorDataset"]

Samples: TypeAlias = Split | tuple[Tensor, Tensor]


class TensorDataset(Dataset):
    """A dataset of one's own tensors.

        TensorDataset(train=(x, y), test=(x_test, y_test))

    Its `repr` counts the samples; it is not a spec, which could not hold them.

    Shapes: input (samples, *features), target (samples, *features). For samples of each
    replica's own, pass a split: `TensorSplit(x, y, (R,))`.

    Args:
        train: input and target, or a split.
        test: likewise.
        validation: likewise; None for a dataset without.

    Raises:
        ArgumentError: for what is neither a pair of tensors nor a split.
        ShapeError: for different numbers of inputs and targets, or splits of other replicas.
    """

    def __init__(self, *, train: Samples, test: Samples, validation: Samples | None = None) -> None:
        self.train, self.test = _split("train", train), _split("test", test)
        self.validation = None if validation is None else _split("validation", validation)
        for name, split in self._splits().items():
            if split.replicas not in ((), self.train.replicas):
                raise ShapeError(
                    f"TensorDataset: {name} is for replicas {split.replicas}, but train is for "
                    f"{self.train.replicas}"
                )

    def __repr__(self) -> str:
        counts = [f"{name}: {len(split)} samples" for name, split in self._splits().items()]
        return f"<TensorDataset of {', '.join(counts)}>"

    def _splits(self) -> dict[str, Split]:
        splits = {"train": self.train, "test": self.test}
        return splits if self.validation is None else {**splits, "validation": self.validation}


def _split(name: str, samples: object) -> Split:
    if isinstance(samples, Split):
        return samples
    if not isinstance(samples, tuple | list) or len(samples) != 2:
        got = f"{len(samples)} of them" if isinstance(samples, tuple | list) else None
        raise ArgumentError(
            f"TensorDataset: {name} must be a pair of input and target, or a split, "
            f"got {got or type(samples).__name__}"
        )
    try:
        return TensorSplit(*samples)
    except (ArgumentError, ShapeError) as error:
        raise type(error)(f"TensorDataset: {name}: {error}") from None
