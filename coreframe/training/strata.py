"""Strata: the classes of samples, dealt evenly to folds."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from coreframe.interfaces.split import Split

__all__ = ["deal", "deal_classes", "find_classes"]

ROWS = 4096  # samples that are looked at together: a split may be larger than memory


def find_classes(split: Split) -> Tensor | None:
    """The class of each sample of a shared split, `(samples,)`; None if its targets name none.

    Targets name classes if they are integers `(samples,)`, zeros and ones `(samples,)` or
    `(samples, 1)`, or one-hot rows `(samples, classes)`.
    """
    found: list[Tensor] = []
    for positions in torch.split(torch.arange(len(split)), ROWS):
        classes = _classes_of(split.take(positions)[1])
        if classes is None:
            return None
        found.append(classes.cpu())
    return torch.cat(found)


def deal(samples: int, count: int, generator: Generator) -> list[Tensor]:
    """Shuffled positions in `count` parts, whose sizes differ by at most one."""
    return list(torch.randperm(samples, generator=generator).tensor_split(count))


def deal_classes(classes: Tensor, count: int, generator: Generator) -> list[Tensor]:
    """As `deal`, and also of each class the parts' counts differ by at most one.

    Shuffled positions, sorted by class, are dealt like cards, so that of any run of them, such as
    a class, each part gets its share.

    Source: as scikit-learn's StratifiedKFold allots counts.
    """
    order = torch.randperm(len(classes), generator=generator)
    order = order[classes[order].argsort(stable=True)]
    return [order[part::count].clone() for part in range(count)]


def _classes_of(target: Tensor) -> Tensor | None:
    """The classes that these targets name, int64 `(samples,)`."""
    if target.dim() == 1 and not (target.is_floating_point() or target.is_complex()):
        return target.long()
    if target.dim() not in (1, 2) or not bool(((target == 0) | (target == 1)).all()):
        return None
    if target.dim() == 1 or target.shape[1] == 1:
        return target.reshape(-1).long()
    return target.argmax(1) if bool((target.sum(1) == 1).all()) else None
