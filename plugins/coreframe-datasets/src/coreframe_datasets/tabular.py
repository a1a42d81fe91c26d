"""deal_table: a table of samples as the splits of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator

from coreframe import TensorSplit
from coreframe_datasets.repeated import repeated_rows
from coreframe_datasets.seeds import Splits, for_each_seed
from coreframe_datasets.standardize import Standardize
from coreframe_datasets.stratified import Shares, stratified_rows
from coreframe_datasets.targets import targets_of

__all__ = ["deal_table"]


def deal_table(
    table: tuple[Any, Any],
    shares: Shares,
    *,
    one_hot: bool,
    standardize: bool,
    seed: int | Sequence[int],
    features: Sequence[int] = (),
) -> dict[str, TensorSplit]:
    """The splits of a table for a seed, or for each of several.

    Args:
        table: features `(samples, n)` and class indices `(samples,)`, arrays of numpy.
        shares: of the splits.
        one_hot: whether targets are one-hot rows.
        standardize: whether inputs are standardized by what the training samples are like.
        seed: of the splits.
        features: the shape of a sample's input, if not that of a row.
    """
    x = torch.from_numpy(table[0]).to(torch.get_default_dtype())
    labels = torch.from_numpy(table[1]).to(torch.int64)
    rows = x.reshape(len(x), *(features or x.shape[1:]))
    targets = targets_of(labels, int(labels.max()) + 1, one_hot=one_hot)

    repeated = repeated_rows(x)

    def deal(generator: Generator) -> Splits:
        chosen = stratified_rows(repeated, labels, shares, generator)
        splits = {name: (rows[own], targets[own]) for name, own in chosen.items()}
        if not standardize:
            return splits
        # Fitted on the training samples alone: the others must stay unseen.
        layer = Standardize(*rows.shape[1:]).fit(TensorSplit(*splits["train"])).eval()
        return {name: (layer.forward(own), target) for name, (own, target) in splits.items()}

    return for_each_seed(shares.dataset, seed, deal)
