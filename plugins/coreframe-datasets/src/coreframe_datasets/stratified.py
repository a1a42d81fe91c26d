"""stratified_rows: a table's rows in three splits, each class in its share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from coreframe import ArgumentError
from coreframe_datasets.numbers import finite_number

__all__ = ["Shares", "stratified_rows"]


class Shares:
    """How much of each class is for validation and for testing; the rest trains.

    Args:
        dataset: for messages.
        validation: from 0, which makes no such split, to below 1.
        test: more than 0.

    Raises:
        ArgumentError: if one is out of range, or nothing is left to train with.
    """

    def __init__(self, dataset: str, validation: float, test: float) -> None:
        self.dataset = dataset
        self.validation = finite_number(f"{dataset}: validation", validation)
        self.test = finite_number(f"{dataset}: test", test, positive=True)
        if self.validation + self.test >= 1:
            raise ArgumentError(
                f"{dataset}: validation={validation!r} and test={test!r} leave no share to train with"
            )

    def counts(self, samples: int, what: str = "a class") -> dict[str, int]:
        """How many of so many samples of one class each split gets; `what` is for messages.

        Raises:
            ArgumentError: if a split would get none.
        """
        counts = {"test": round(self.test * samples)}
        if self.validation:
            counts["validation"] = round(self.validation * samples)
        counts["train"] = samples - sum(counts.values())
        for split, count in counts.items():
            if count < 1:
                raise ArgumentError(
                    f"{self.dataset}: with these shares {split} gets none of {what} of {samples} samples"
                )
        return counts


def stratified_rows(
    repeated: Tensor,
    labels: Tensor,
    shares: Shares,
    generator: Generator,
    classes: Sequence[str] | None = None,
) -> dict[str, Tensor]:
    """The rows of each split, shuffled; each class is dealt out on its own.

    Rows that are there more than once all train, so that no sample stands in two splits.

    Args:
        repeated: which rows are there more than once.
        labels: the class index of each row.
        shares: of the splits.
        generator: of the shuffles.
        classes: what messages call each class.

    Raises:
        ArgumentError: if a split gets none of a class, or too few rows are there only once.
    """
    dealt: dict[str, list[Tensor]] = {}
    sizes = labels.bincount().tolist()
    for label, own in enumerate(torch.split(labels.argsort(stable=True), sizes)):
        what = classes[label] if classes else "a class"
        single = own[~repeated[own]]
        drawn = single[torch.randperm(len(single), generator=generator)]
        samples = len(own)
        counts = shares.counts(samples, what)
        # Training comes last, and takes what is left.
        held_out = samples - counts["train"]
        if len(single) < held_out:
            raise ArgumentError(
                f"{shares.dataset}: {len(single)} of {what} of {samples} samples are there only "
                f"once, but the splits other than train need {held_out}"
            )
        start = 0
        for split in [name for name in counts if name != "train"]:
            dealt.setdefault(split, []).append(drawn[start : start + counts[split]])
            start += counts[split]
        dealt.setdefault("train", []).append(torch.cat([drawn[start:], own[repeated[own]]]))
    return {
        split: rows[torch.randperm(len(rows), generator=generator)]
        for split, rows in ((split, torch.cat(parts)) for split, parts in dealt.items())
    }
