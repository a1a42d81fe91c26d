"""Digits: handwritten digits of 8 × 8 pixels, from 0 to 16, in ten classes."""

from __future__ import annotations

from collections.abc import Sequence

from coreframe import Dataset, Example, TensorSplit
from coreframe_datasets.stratified import Shares
from coreframe_datasets.tabular import deal_table

__all__ = ["Digits"]


class Digits(Dataset):
    """Handwritten digits of 8 × 8 pixels, from 0 to 16, in ten classes.

    1797 samples of 174 to 183 in each class. Each class is dealt out to the splits in the same shares.

    Shapes: input (*replicas, samples, 64), or (*replicas, samples, 1, 8, 8) as images, target
    (*replicas, samples) of class indices or (*replicas, samples, 10) one-hot, in `train`,
    `validation` and `test`.
    Source: Alpaydin and Kaynak 1998, Optical recognition of handwritten digits (UCI), the test set
    that scikit-learn bundles.

    Args:
        validation: share of each class for validation; 0 for a dataset without.
        test: share of each class for testing. The rest trains.
        one_hot: whether targets are one-hot rows, as MSE takes them, instead of class indices.
        standardize: subtract the mean and divide by the standard deviation of the training
            samples, per feature, in all splits; a feature that is constant becomes zero there.
        images: whether inputs are images of one channel, for convolutions.
        seed: of the splits; a sequence of seeds deals each replica splits of its own.

    Raises:
        ArgumentError: for shares that leave a split without a sample of each class, or seeds
            that are no integers.
    """

    replica_settings = ("seed",)
    disjoint_splits = True

    train: TensorSplit
    test: TensorSplit

    def __init__(
        self,
        *,
        validation: float = 0.2,
        test: float = 0.2,
        one_hot: bool = False,
        standardize: bool = False,
        images: bool = False,
        seed: int | Sequence[int] = 0,
    ) -> None:
        shares = Shares("Digits", validation, test)
        # Imported where it is needed: it takes as long as all the rest.
        from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # noqa: PLC0415  # it has no types

        splits = deal_table(
            load_digits(return_X_y=True),
            shares,
            one_hot=one_hot,
            standardize=standardize,
            seed=seed,
            features=(1, 8, 8) if images else (),
        )
        self.train, self.test = splits["train"], splits["test"]
        self.validation = splits.get("validation")

    @property
    def fitted_by(self) -> str:
        return "standardize=True" if self.arguments.get("standardize") else ""

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls(one_hot=True)),
            Example(cls(one_hot=True, standardize=True, validation=0.1, test=0.3, seed=3)),
            Example(cls(images=True, one_hot=True, validation=0.0, seed=[1, 2])),
        ]
