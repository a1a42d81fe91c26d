"""Layers for tables: mistakes, boundaries from data, and networks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import coreframe as cf
from coreframe_tables import (
    BatchEnsemble,
    CategoricalEmbedding,
    MemberMean,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    quantile_boundaries,
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CategoricalEmbedding([], 2), "a list of numbers, one for each column, got"),
        (lambda: CategoricalEmbedding([3, 0], 2), r"categories\[1\] must be a positive integer"),
        (lambda: CategoricalEmbedding([3], 0), "CategoricalEmbedding: size must be a positive"),
        (lambda: PiecewiseLinearEmbedding([], 2), "must be a list for each column, got"),
        (lambda: PiecewiseLinearEmbedding([1.0, 2.0], 2), "of numbers; column 0 has 1.0"),  # type: ignore[list-item]
        (lambda: PiecewiseLinearEmbedding([[0.0, 1.0], [1.0]], 2), r"column 1 has \[1.0\]"),
        (lambda: PiecewiseLinearEmbedding([[0.0, 0.0]], 2), "in rising order; column 0"),
        (lambda: PiecewiseLinearEmbedding([[0.0, torch.inf]], 2), "finite numbers"),
        (lambda: PeriodicEmbedding(2, 2, deviation=-1.0), "deviation must be finite, at least 0"),
        (lambda: PeriodicEmbedding(2, 2, frequencies=0), "frequencies must be a positive integer"),
        (lambda: BatchEnsemble(2, 2, True), "members must be a positive integer, got True"),
    ],
)
def test_wrong_arguments_are_named(make: Callable[[], object], message: str) -> None:
    with pytest.raises(cf.ArgumentError, match=message):
        make()


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (CategoricalEmbedding([2, 3], 2), torch.ones(4, 2), "takes integers as categories"),
        (CategoricalEmbedding([2, 3], 2), torch.ones(4, 3).long(), r"batch, …, 2\); it got"),
        (PeriodicEmbedding(2, 2), torch.ones(4, 2).double(), "convert it with to"),
        (PeriodicEmbedding(2, 2), torch.ones(2), r"\(\*replicas, batch, …, 2\); it got \(2,\)"),
        (PiecewiseLinearEmbedding([[0.0, 1.0]], 2), torch.ones(4, 2), r"it got \(4, 2\)"),
        (BatchEnsemble(2, 3, 4), torch.ones(5, 3, 2), r"…, 4, 2\); it got \(5, 3, 2\)"),
        (MemberMean(4), torch.ones(5, 3, 2), r"4, features\), got \(5, 3, 2\)"),
    ],
)
def test_wrong_inputs_are_named(layer: cf.Module, x: torch.Tensor, message: str) -> None:
    with pytest.raises(cf.CoreframeError, match=message):
        layer.initialize(seed=0).forward(x)


@pytest.mark.parametrize(
    ("boundaries", "dtype"),
    [
        ([[0.0, 1e-5, 1.0]], torch.float16),
        ([[100.0, 100.1, 101.0]], torch.bfloat16),
        ([[0.0, 1e-39, 1.0]], torch.float32),
        ([[-1e308, 1e308]], torch.float64),
    ],
    ids=str,
)
def test_bins_that_a_dtype_cannot_tell_apart_are_refused(
    boundaries: list[list[float]], dtype: torch.dtype
) -> None:
    layer = PiecewiseLinearEmbedding(boundaries, 2).initialize(seed=0, dtype=dtype)
    with pytest.raises(cf.ArgumentError, match=f"too narrow, or too wide, for {dtype}"):
        layer.forward(torch.zeros(3, 1, dtype=dtype))


def test_a_boundary_belongs_to_the_bin_behind_it() -> None:
    layer = PiecewiseLinearEmbedding([[0.0, 1.0, 3.0]], 1).initialize(seed=0)
    layer.weight.value.fill_(1.0)
    layer.forward(torch.tensor([[-1.0], [0.0], [0.5], [1.0], [3.0], [9.0]]))
    slopes = layer.backward(torch.ones(6, 1, 1)).flatten().tolist()
    assert slopes == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5]


def test_empty_bins_give_zero_whatever_stands_before_them() -> None:
    layer = PiecewiseLinearEmbedding([[0.0, 1.0], [0.0, 1.0, 2.0]], 1).initialize(seed=0)
    y = layer.forward(torch.tensor([[torch.inf, 0.0]]))
    assert not bool(y.isnan().any())


def test_deviations_of_another_population_are_named() -> None:
    with pytest.raises(cf.ArgumentError, match="deviation has 2 numbers for a population of 3"):
        cf.assemble(["PeriodicEmbedding(2, 2, deviation=[0.1, 0.2])"], seeds=[0, 1, 2])


def test_boundaries_are_a_copy() -> None:
    given = [[0.0, 1.0]]
    layer = PiecewiseLinearEmbedding(given, 2)
    given[0].append(5.0)
    assert repr(layer) == "PiecewiseLinearEmbedding([[0.0, 1.0]], 2)"


@pytest.mark.parametrize(
    "spec", ["CategoricalEmbedding([3], 2)", "BatchEnsemble(1, 2, 1)", "PeriodicEmbedding(1, 2)"]
)
def test_gradients_of_another_batch_are_refused(spec: str) -> None:
    layer = made(spec).initialize(seed=0)
    x = {"C": torch.zeros(4, 1).long(), "B": torch.ones(4, 1, 1)}.get(spec[0], torch.ones(4, 1))
    dy = torch.ones_like(layer.forward(x))[:1]
    with pytest.raises(cf.ShapeError, match="got the gradient"):
        layer.backward(dy)
    assert not any(parameter.grad.any() for parameter in layer.param())


def test_members_of_another_population_are_refused() -> None:
    for spec, x in (("MemberCopies(2)", (5, 4, 2)), ("MemberMean(2)", (5, 4, 2, 3))):
        layer = made(spec).initialize(seeds=[0, 1, 2])
        with pytest.raises(cf.ShapeError, match=r"for replicas \(3,\)"):
            layer.forward(torch.ones(x))


def test_members_start_apart() -> None:
    model = cf.Sequential(*(made("MemberCopies(3)"), made("BatchEnsemble(4, 2, 3)")))
    y = model.initialize(seed=0).forward(torch.rand(5, 4))
    assert not any(torch.equal(y[:, a], y[:, b]) for a, b in [(0, 1), (1, 2), (0, 2)])
    signs = dict(model.named_parameters())["1.in_factor"].value
    assert set(signs.flatten().tolist()) == {-1.0, 1.0}


def made(spec: str) -> Any:
    return cf.create("module", spec)


def test_boundaries_hold_as_many_samples_each() -> None:
    x = torch.stack([torch.arange(101.0), torch.arange(101.0) % 2], 1)
    boundaries = quantile_boundaries(x, 4)
    assert boundaries == [[0.0, 25.0, 50.0, 75.0, 100.0], [0.0, 1.0]]
    assert PiecewiseLinearEmbedding(boundaries, 3).weight.shape == (2, 3, 4)


@pytest.mark.parametrize(
    ("x", "bins", "message"),
    [
        (torch.ones(3), 2, r"takes \(samples, columns\), got \(3,\)"),
        (torch.empty(0, 2), 2, r"got \(0, 2\)"),
        (torch.ones(3, 2), 2, "column 0 is 1 everywhere"),
        (torch.tensor([[0.0, 1.0], [1.0, torch.nan]]), 2, "row 1, column 1 is not finite"),
        (torch.eye(3), 0, "bins must be a positive integer"),
        ([[0.0], [1.0]], 2, "takes a tensor of real numbers, got list"),
        (
            torch.eye(3).to(torch.complex64),
            2,
            "takes a tensor of real numbers, got torch.complex64",
        ),
    ],
)
def test_boundaries_of_what_has_none(x: Any, bins: int, message: str) -> None:
    with pytest.raises(cf.CoreframeError, match=message):
        quantile_boundaries(x, bins)


@pytest.mark.parametrize("seeds", [{"seed": 0}, {"seeds": [0, 1]}], ids=str)
def test_a_network_with_columns_and_members_learns(seeds: dict[str, Any]) -> None:
    data = cf.create("dataset", "Iris(standardize=True)", seed=0)
    specs = [
        "PeriodicEmbedding(4, 4, frequencies=4)",
        "ReLU",
        "Flatten",
        "MemberCopies(4)",
        "BatchEnsemble(16, 16, 4)",
        "ReLU",
        "BatchEnsemble(16, 3, 4)",
        "MemberMean(4)",
    ]
    model = cf.assemble(specs, **seeds)
    loss = cf.create("loss", "CrossEntropy")
    optimizer = cf.create("optimizer", "AdamW(lr=0.01)", model)
    cf.train_model(model, data, loss, optimizer, epochs=20)
    assert bool((cf.compute_accuracy(model, data.train, loss) > 0.9).all())
