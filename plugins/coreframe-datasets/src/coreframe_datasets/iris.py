"""Iris: three species of iris, by the lengths and widths of sepals and petals in cm."""

from __future__ import annotations

from collections.abc import Sequence

from coreframe import Dataset, Example, TensorSplit
from coreframe_datasets.stratified import Shares
from coreframe_datasets.tabular import deal_table

__all__ = ["Iris"]


class Iris(Dataset):
    """Three species of iris, by the lengths and widths of sepals and petals in cm.

    150 samples, 50 in each class. One flower is in it twice, and trains. Each class is dealt out to the splits in the same shares.

    Shapes: input (*replicas, samples, 4), target
    (*replicas, samples) of class indices or (*replicas, samples, 3) one-hot, in `train`,
    `validation` and `test`.
    Source: Fisher 1936, The use of multiple measurements in taxonomic problems (UCI), as
    scikit-learn bundles it.

    Args:
        validation: share of each class for validation; 0 for a dataset without.
        test: share of each class for testing. The rest trains.
        one_hot: whether targets are one-hot rows, as MSE takes them, instead of class indices.
        standardize: subtract the mean and divide by the standard deviation of the training
            samples, per feature, in all splits; a feature that is constant becomes zero there.
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
        seed: int | Sequence[int] = 0,
    ) -> None:
        shares = Shares("Iris", validation, test)
        # Imported where it is needed: it takes as long as all the rest.
        from sklearn.datasets import load_iris  # type: ignore[import-untyped]  # noqa: PLC0415  # it has no types

        splits = deal_table(
            load_iris(return_X_y=True),
            shares,
            one_hot=one_hot,
            standardize=standardize,
            seed=seed,
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
            Example(cls(one_hot=True, validation=0.0, seed=[1, 2])),
        ]
