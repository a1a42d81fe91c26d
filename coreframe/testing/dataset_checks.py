"""The checks of datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from coreframe.assembly.create import create
from coreframe.errors import CheckFailed
from coreframe.interfaces.component import constructor_signature
from coreframe.interfaces.dataset import Dataset, Split
from coreframe.interfaces.example import Example
from coreframe.testing.check import Check, Run
from coreframe.testing.measure import Finding, Measure, NotTried
from coreframe.testing.subjects import dataset_of

__all__ = ["DATASET_CHECKS"]


def _splits(data: Dataset) -> Iterator[tuple[str, Split]]:
    yield "train", data.train
    yield "test", data.test
    if data.validation is not None:
        yield "validation", data.validation


def _all(split: Split) -> tuple[Tensor, Tensor]:
    return split.take(torch.arange(len(split)).expand(*split.replicas, -1))


def _rows(tensor: Tensor, leading: int) -> Tensor:
    """One row of numbers for each sample; a class index is a row of one."""
    return tensor.reshape(*tensor.shape[:leading], -1)


def _shapes(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    data = dataset_of(example)
    features: dict[str, tuple[torch.Size, ...]] = {}
    for name, split in _splits(data):
        if not len(split):
            raise CheckFailed(f"{data!r}: the {name} split has no samples")
        last = len(split) - 1
        for indices in (torch.tensor([0, last, 0]), torch.tensor([], dtype=torch.int64)):
            shared = [indices] if split.replicas else [indices, indices.expand(3, -1)]
            for own in [indices.expand(*split.replicas, -1)] if split.replicas else shared:
                taken = split.take(own)
                for what, tensor in zip(("inputs", "targets"), taken, strict=True):
                    if tensor.shape[: own.dim()] != own.shape:
                        raise CheckFailed(
                            f"{data!r}: {name}.take of indices {tuple(own.shape)} gave {what} "
                            f"{tuple(tensor.shape)}, which must begin so"
                        )
                features[name] = tuple(tensor.shape[own.dim() :] for tensor in taken)
    if len(set(features.values())) > 1:
        raise CheckFailed(f"{data!r}: its splits have samples of different shapes: {features}")


def _order(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    data = dataset_of(example)
    for name, split in _splits(data):
        whole, again = _all(split), _all(split)
        order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))
        shuffled = split.take(order.expand(*split.replicas, -1))
        axis = len(split.replicas)
        for one, other, mixed in zip(whole, again, shuffled, strict=True):
            if not torch.equal(one, other):
                raise CheckFailed(f"{data!r}: {name}.take gave other samples the second time")
            if not torch.equal(one.index_select(axis, order), mixed):
                raise CheckFailed(
                    f"{data!r}: {name}.take does not give the samples it is asked for"
                )


def _again(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    data = dataset_of(example)
    again = create("dataset", repr(data))
    for (name, split), (_, other) in zip(_splits(data), _splits(again), strict=True):
        for one, two in zip(_all(split), _all(other), strict=True):
            if not torch.equal(one, two):
                raise CheckFailed(f"{data!r}: made again from its repr, {name} has other samples")


def _targets(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    data = dataset_of(example)
    for name, split in _splits(data):
        for what, tensor in zip(("inputs", "targets"), _all(split), strict=True):
            if tensor.is_floating_point():
                if not bool(tensor.isfinite().all()):
                    raise CheckFailed(f"{data!r}: {name} has {what} that are not finite")
            elif bool((tensor < 0).any()):
                raise CheckFailed(f"{data!r}: {name} has {what} that are negative indices")
    # One class at least in both parts: a target that never varies teaches nothing.
    target = _rows(_all(data.train)[1], len(data.replicas) + 1)
    if bool((target == target.narrow(len(data.replicas), 0, 1)).all()):
        raise CheckFailed(f"{data!r}: all targets in train are the same")


def _disjoint(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    data = dataset_of(example)
    shared = 0
    rows: list[set[bytes]] = []
    for _, split in _splits(data):
        x, y = (_rows(t, len(split.replicas) + 1) for t in _all(split))
        joined = torch.cat([x.double(), y.double()], -1)
        if split.replicas:  # each replica has its own
            joined = torch.cat(
                [
                    torch.arange(len(joined)).double()[:, None, None].expand(*joined.shape[:2], 1),
                    joined,
                ],
                -1,
            ).flatten(0, 1)
        rows.append({row.numpy().tobytes() for row in joined})
    for index, own in enumerate(rows):
        shared += sum(len(own & other) for other in rows[index + 1 :])
    if shared and data.disjoint_splits:
        raise CheckFailed(
            f"{data!r}: {shared} samples stand in more than one split; it promises disjoint ones"
        )
    return Measure(float(shared), 0.0 if data.disjoint_splits else None, "shared samples")


def _seeds(example: Example, seed: int, dtype: torch.dtype) -> Finding:  # noqa: ARG001
    data = dataset_of(example)
    if "seed" not in constructor_signature(type(data)).parameters:
        return NotTried("it takes no seed")
    spec = repr(_reseeded(data, seed))
    one, same, other = (create("dataset", repr(_reseeded(data, s))) for s in (seed, seed, seed + 1))
    both = _reseeded(data, [seed, seed + 1])
    for name, split in _splits(one):
        for index, what in enumerate((f"inputs of {name}", f"targets of {name}")):
            first = _all(split)[index]
            again, second, population = (_all(d.part(name))[index] for d in (same, other, both))
            if not torch.equal(first, again):
                raise CheckFailed(f"{spec}: the same seed gave other {what}")
            if index == 0 and torch.equal(first, second):
                raise CheckFailed(f"{spec}: another seed gave the same {what}")
            for replica, alone in enumerate((first, second)):
                if not torch.equal(population[replica], alone):
                    raise CheckFailed(
                        f"{both!r}: replica {replica} has other {what} than the seed has alone"
                    )
    kept = both.select([1])
    if not torch.equal(_all(kept.train)[0][0], _all(other.train)[0]):
        raise CheckFailed(f"{both!r}: select([1]) does not keep the samples of replica 1")
    return None


def _reseeded(data: Dataset, seed: int | list[int]) -> Dataset:
    signature = constructor_signature(type(data)).parameters
    kept = {n: v for n, v in data.arguments.items() if n != "seed" and n in signature}
    maker: Callable[..., Dataset] = type(data)
    made = maker(**kept, seed=seed)
    made.spec_name = data.spec_name
    return made


_RUNS: tuple[tuple[str, str, Run], ...] = (
    ("shapes", "take gives (*indices, *features), alike in all splits", _shapes),
    ("order", "take gives the samples that it is asked for", _order),
    ("repr", "its repr makes it again, sample for sample", _again),
    ("seed", "a seed decides the samples, replica by replica", _seeds),
    ("targets", "inputs and targets are finite, and targets vary", _targets),
    ("disjoint", "its splits share no sample, where promised", _disjoint),
)

DATASET_CHECKS = tuple(Check(f"dataset.{name}", shows, run) for name, shows, run in _RUNS)
