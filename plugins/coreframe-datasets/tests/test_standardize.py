"""Standardize: fitted on a split, kept with the model, against torch and scikit-learn."""

from __future__ import annotations

import copy
from pathlib import Path
from random import Random

import pytest
import torch
from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]
from torch import Tensor

import coreframe as cf
from coreframe_datasets import Iris, Standardize, Wine


def split_of(x: Tensor, replicas: cf.Replicas = ()) -> cf.TensorSplit:
    return cf.TensorSplit(x, torch.zeros(x.shape[: len(replicas) + 1]), replicas)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_torch_agrees_on_random_settings() -> None:
    for seed in range(100):
        random = Random(seed)  # noqa: S311  # settings to try are no secrets
        features = [random.randint(1, 4) for _ in range(random.randint(0, 3))]
        between = [random.randint(1, 3) for _ in range(random.randint(0, 2))]
        replicas = random.choice([(), (3,)])
        layer = Standardize(*features)
        chosen = {"seeds": [1, 2, 3]} if replicas else {"seed": 1}
        layer.initialize(dtype=torch.float64, **chosen)
        own = replicas if random.random() < 0.5 else ()
        samples = random.choice([2, 7, 1024, 1500, 2049])
        data = 3 + 2 * normal(*own, samples, *between, *features, seed=seed)
        layer.fit(split_of(data, own))
        axes = tuple(range(len(own), data.dim() - len(features)))
        deviation, mean = torch.std_mean(data, axes, correction=0)
        torch.testing.assert_close(layer.mean.value, mean.expand(layer.mean.value.shape))
        torch.testing.assert_close(
            layer.deviation.value, deviation.expand(layer.deviation.value.shape)
        )
        x = normal(*replicas, random.randint(0, 3), *between, *features, seed=seed + 1)
        leaf = x.clone().requires_grad_()
        shape = (*replicas, *[1] * (1 + len(between)), *features)
        wanted = (leaf - layer.mean.value.view(shape)) / layer.deviation.value.view(shape)
        dy = normal(*x.shape, seed=seed + 2)
        torch.testing.assert_close(layer.forward(x), wanted.detach())
        torch.testing.assert_close(layer.backward(dy), torch.autograd.grad(wanted, leaf, dy)[0])


def test_scikit_learn_agrees() -> None:
    data = Wine(seed=1)
    layer = Standardize(13).fit(data.train)
    scaler = StandardScaler().fit(data.train.input.double().numpy())
    wanted = torch.tensor(scaler.transform(data.test.input.double().numpy())).float()
    torch.testing.assert_close(layer.forward(data.test.input), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 + 0.1, -3e-20])
def test_constant_features_become_zero(value: float) -> None:
    layer = Standardize(2).to(torch.float64)
    x = torch.stack([torch.full((3000,), value, dtype=torch.float64), normal(3000)], -1)
    assert isinstance(layer, Standardize)
    layer.fit(split_of(x))
    assert float(layer.deviation.value[0]) == 1.0
    assert float(layer.deviation.value[1]) == pytest.approx(1.0, abs=0.1)
    assert not layer.forward(x)[:, 0].any()


def test_a_deviation_that_rounds_to_zero_does_not_divide() -> None:
    layer = Standardize(1).initialize(seed=0)
    layer.fit(split_of(torch.tensor([[1e-60], [3e-60]], dtype=torch.float64)))
    assert float(layer.deviation.value) == 1.0


def test_large_means_lose_nothing() -> None:
    layer = Standardize(1).initialize(seed=0, dtype=torch.float64)
    x = 1e8 + normal(5000, 1)
    layer.fit(split_of(x))
    torch.testing.assert_close(layer.deviation.value, x.std(0, correction=0), rtol=1e-9, atol=0)


def test_replicas_with_fewer_samples_are_fitted_on_their_own() -> None:
    x = normal(9, 2)
    whole = split_of(x)
    rows = [torch.arange(9), torch.tensor([1, 4]), torch.tensor([0, 3, 5, 6])]
    layer = Standardize(2).initialize(seeds=[1, 2, 3], dtype=torch.float64)
    layer.fit(cf.Subset(whole, rows))
    for replica, row in enumerate(rows):
        deviation, mean = torch.std_mean(x[row], 0, correction=0)
        torch.testing.assert_close(layer.mean.value[replica], mean)
        torch.testing.assert_close(layer.deviation.value[replica], deviation)


def test_it_is_kept_saved_moved_and_selected_with_the_model(tmp_path: Path) -> None:
    data = Iris(seed=[1, 2, 3])
    model = cf.assemble(["Standardize(4)", "Linear(4, 3)"], seeds=[1, 2, 3])
    layer = model.children()["0"]
    assert isinstance(layer, Standardize)
    layer.fit(data.train)
    assert {"0.mean", "0.deviation"} <= model.state().keys()
    x = data.test.input
    y = model.forward(x)
    other = cf.assemble(["Standardize(4)", "Linear(4, 3)"], seeds=[4, 5, 6])
    other.load_state(model.state())
    assert torch.equal(other.forward(x), y)
    assert torch.equal(copy.deepcopy(model).forward(x), y)
    cf.save_checkpoint(tmp_path / "model.safetensors", model)
    loaded = cf.load_checkpoint(tmp_path / "model.safetensors").model
    assert torch.equal(loaded.forward(x), y)
    model.select([2, 0])
    torch.testing.assert_close(model.forward(x[[2, 0]]), y[[2, 0]])
    model.to(torch.float64)
    assert layer.mean.value.dtype is torch.float64
    with torch.inference_mode():
        layer.fit(data.select([2, 0]).train)
    model.reset_weights()
    assert not layer.mean.value.any()
    assert bool((layer.deviation.value == 1).all())


def test_a_network_that_standardizes_equals_one_that_is_fed_standardized_samples() -> None:
    raw, done = Wine(one_hot=True, seed=2), Wine(one_hot=True, standardize=True, seed=2)
    model = cf.assemble(["Standardize(13)", "Linear(13, 3)"], seed=1)
    layer = model.children()["0"]
    assert isinstance(layer, Standardize)
    layer.fit(raw.train)
    torch.testing.assert_close(layer.forward(raw.test.input), done.test.input)


def test_what_does_not_fit_is_refused() -> None:
    population = Standardize(2).initialize(seeds=[1, 2])
    for layer, split, says in (
        (Standardize(2), split_of(torch.ones(3, 4)), "which do not end in (2,)"),
        (Standardize(2), split_of(torch.ones(0, 2)), "cannot be fitted on 0 samples"),
        (Standardize(2), split_of(torch.ones(2, 3, 2), (2,)), "for replicas (2,)"),
        (population, split_of(torch.ones(3, 3, 2), (3,)), "for replicas (3,)"),
        (Standardize(2, 2), split_of(torch.ones(2, 2)), "which do not end in (2, 2)"),
    ):
        with pytest.raises(cf.ShapeError) as raised:
            layer.fit(split)
        assert says in str(raised.value)
    with pytest.raises(cf.ArgumentError, match="not finite"):
        Standardize(1).fit(split_of(torch.tensor([[1.0], [float("inf")]])))
    with pytest.raises(cf.ArgumentError, match="a size must be a positive integer, got 0"):
        Standardize(0)
    with pytest.raises(cf.ShapeError, match="takes features that end in"):
        cf.assemble(["Linear(2, 3)", "Standardize(4)"], seed=0)
    for shape in ((3, 5), (4,), ()):
        with pytest.raises(cf.ShapeError, match="it got"):
            Standardize(4).forward(torch.ones(shape))


def test_output_shape() -> None:
    assert Standardize(4).output_shape(None) == (4,)
    assert Standardize().output_shape(None) is None
    assert Standardize(2, 3).output_shape((5, 2, 3)) == (5, 2, 3)
