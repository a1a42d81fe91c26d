"""Layers for tables: against torch's own operators, by autograd."""

from __future__ import annotations

from itertools import pairwise
from math import pi

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from coreframe import Module
from coreframe_tables import (
    BatchEnsemble,
    CategoricalEmbedding,
    MemberCopies,
    MemberMean,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
)

SEEDS = pytest.mark.parametrize("seed", range(100))


def normal(*shape: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def ready(layer: Module, seed: int) -> dict[str, Tensor]:
    """Draws all values, also those that start at zero, and gives leaves of the same numbers."""
    layer.initialize(seed=seed, dtype=torch.float64)
    for number, parameter in enumerate(layer.param()):
        parameter.value.copy_(normal(*parameter.shape, seed=seed + 31 * number) / 2)
    return {n: p.value.clone().requires_grad_() for n, p in layer.named_parameters()}


def expect_agreement(layer: Module, leaves: dict[str, Tensor], x: Tensor, wanted: Tensor) -> None:
    """Ours must give `wanted`, and the gradients of it by x and by each leaf."""
    dy = normal(*wanted.shape, seed=7)
    wanted.backward(dy)  # type: ignore[no-untyped-call]  # torch's own
    torch.testing.assert_close(layer.forward(x.detach()), wanted.detach())
    dx = layer.backward(dy)
    if x.requires_grad:
        torch.testing.assert_close(dx, x.grad)
    else:
        assert dx is None
    for name, parameter in layer.named_parameters():
        torch.testing.assert_close(parameter.grad, leaves[name].grad)


@SEEDS
def test_categories_agree_with_embeddings_of_torch(seed: int) -> None:
    categories = [1 + (seed + 2 * column) % 5 for column in range(1 + seed % 3)]
    layer = CategoricalEmbedding(categories, 1 + seed % 4)
    leaves = ready(layer, seed)
    generator = torch.Generator().manual_seed(seed)
    x = torch.randint(-1, 6, (1 + seed % 7, len(categories)), generator=generator)
    tables = leaves["weight"].split(categories)  # type: ignore[no-untyped-call]  # torch's own
    found = []
    for column, (table, count) in enumerate(zip(tables, categories, strict=True)):
        # Torch's way to an unknown value: one row more.
        whole = torch.cat([table, leaves["unknown"][column : column + 1]])
        known = (x[:, column] >= 0) & (x[:, column] < count)
        found.append(functional.embedding(torch.where(known, x[:, column], count), whole))
    expect_agreement(layer, leaves, x, torch.stack(found, 1))


@SEEDS
def test_pieces_agree_with_interpolation(seed: int) -> None:
    columns, size = 1 + seed % 3, 1 + seed % 4
    boundaries = [
        normal(2 + (seed + column) % 4, seed=seed + column).cumsum(0).abs().cumsum(0).tolist()
        for column in range(columns)
    ]
    layer = PiecewiseLinearEmbedding(boundaries, size)
    leaves = ready(layer, seed)
    x = (2 * normal(seed % 6, columns, seed=seed)).requires_grad_()
    found = []
    for column, edges in enumerate(boundaries):
        bins = len(edges) - 1
        pieces = []
        for t, (start, end) in enumerate(pairwise(edges)):
            share = (x[:, column] - start) / (end - start)
            share = share if t == 0 else share.clamp_min(0.0)
            pieces.append(share if t == bins - 1 else share.clamp_max(1.0))
        weight, bias = leaves["weight"][column, :, :bins], leaves["bias"][column]
        found.append(functional.linear(torch.stack(pieces, -1), weight, bias))
    expect_agreement(layer, leaves, x, torch.stack(found, 1))


@SEEDS
def test_waves_agree(seed: int) -> None:
    columns, size, count = 1 + seed % 3, 1 + seed % 4, 1 + seed % 5
    layer = PeriodicEmbedding(columns, size, frequencies=count)
    leaves = ready(layer, seed)
    x = normal(seed % 6, columns, seed=seed).requires_grad_()
    found = []
    for column in range(columns):
        z = 2 * pi * torch.outer(x[:, column], leaves["frequency"][column])
        e = torch.cat([torch.cos(z), torch.sin(z)], 1)
        found.append(functional.linear(e, leaves["weight"][column], leaves["bias"][column]))
    expect_agreement(layer, leaves, x, torch.stack(found, 1))


@SEEDS
def test_members_agree_with_linear_layers_of_their_own(seed: int) -> None:
    in_size, out_size, members = 1 + seed % 5, 1 + seed % 4, 1 + seed % 3
    layer = BatchEnsemble(in_size, out_size, members)
    leaves = ready(layer, seed)
    x = normal(seed % 6, members, in_size, seed=seed).requires_grad_()
    found = []
    for m in range(members):
        own = leaves["weight"] * torch.outer(leaves["out_factor"][m], leaves["in_factor"][m])
        found.append(functional.linear(x[:, m], own, leaves["bias"][m]))
    expect_agreement(layer, leaves, x, torch.stack(found, 1))


@pytest.mark.parametrize("shape", [(4,), (2, 3), (1,)])
def test_copies_and_mean_agree(shape: tuple[int, ...]) -> None:
    x = normal(5, *shape, seed=1).requires_grad_()
    copies = MemberCopies(3)
    expect_agreement(copies, {}, x, torch.stack([x, x, x], -2))
    x = normal(5, 3, *shape, seed=2).movedim(1, -2).contiguous().requires_grad_()
    expect_agreement(MemberMean(3), {}, x, torch.mean(x, -2))
