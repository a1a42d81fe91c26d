"""clip_norm and accumulate: gradients that are shortened, or gathered from several batches."""

from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Descent, Points, SumOfSquares
from torch import Tensor

import coreframe as cf
from coreframe.training.clipping import clip_gradients

for plugin in ("linear", "losses", "optimizers"):
    pytest.importorskip(f"coreframe_{plugin}")


@pytest.mark.parametrize("seeds", [None, [0, 1, 2]], ids=["lone", "population"])
@pytest.mark.parametrize("max_norm", [1e-3, 1.0, 1e6])
def test_clipping_is_torchs_for_each_replica(seeds: Any, max_norm: float) -> None:
    model = cf.Sequential(Affine(3, 4), Affine(4, 2)).initialize(
        seed=0 if seeds is None else None, seeds=seeds, dtype=torch.float64
    )
    generator = torch.Generator().manual_seed(1)
    for parameter in model.param():
        parameter.grad.copy_(torch.randn(parameter.grad.shape, generator=generator))
    twins = {name: p.grad.clone() for name, p in model.named_parameters()}
    norms = clip_gradients(model.storage, max_norm)
    for replica in range(1 if seeds is None else len(seeds)):

        def pick(tensor: Tensor, replica: int = replica) -> Tensor:
            return tensor if seeds is None else tensor[replica]

        own: list[Any] = [torch.zeros_like(pick(grad)) for grad in twins.values()]
        for tensor, grad in zip(own, twins.values(), strict=True):
            tensor.grad = pick(grad).clone()
        norm = torch.nn.utils.clip_grad_norm_(own, max_norm)
        torch.testing.assert_close(pick(norms), norm)
        for tensor, (_, clipped) in zip(own, model.named_parameters(), strict=True):
            torch.testing.assert_close(pick(clipped.grad), tensor.grad)


def test_a_model_without_parameters_has_the_norm_zero() -> None:
    model = cf.Sequential().initialize(seeds=[0, 1])
    assert clip_gradients(model.storage, 1.0).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("loss", ["MSE", "toys.SumOfSquares"])
@pytest.mark.parametrize("seeds", [None, [4, 5]], ids=["lone", "population"])
def test_accumulated_batches_train_as_one_batch_of_all_their_samples(loss: str, seeds: Any) -> None:
    def train(batch_size: int, accumulate: int) -> cf.Module:
        model = cf.assemble(
            ["Linear(2, 5)", "Linear(5, 2)"],
            seed=4 if seeds is None else None,
            seeds=seeds,
            dtype=torch.float64,
        )
        optimizer = cf.create("optimizer", "SGD(lr=0.01, momentum=0.5)", model)
        measure = SumOfSquares() if "toys" in loss else cf.create("loss", loss)
        settings: dict[str, Any] = {"epochs": 2, "batch_size": batch_size, "accumulate": accumulate}
        cf.train_model(model, Points(22), measure, optimizer, **settings)
        assert optimizer.steps == 6
        return model

    whole, gathered = train(8, 1), train(2, 4)  # the last update has three batches
    for name, value in whole.state().items():
        torch.testing.assert_close(gathered.state()[name], value, rtol=1e-12, atol=1e-12)


def test_unequal_folds_accumulate_each_by_its_own_samples() -> None:
    def train(batch_size: int, accumulate: int) -> cf.Module:
        model = cf.assemble(["Linear(2, 2)"], seeds=[1, 2, 3], dtype=torch.float64)
        optimizer = cf.create("optimizer", "SGD(lr=0.01, momentum=0.5)", model)
        folds = cf.Folds(Points(13), 3, seed=0)
        settings: dict[str, Any] = {"epochs": 2, "batch_size": batch_size, "accumulate": accumulate}
        cf.train_model(model, folds, cf.create("loss", "MSE"), optimizer, **settings)
        return model

    whole, gathered = train(4, 1), train(2, 2)
    for name, value in whole.state().items():
        torch.testing.assert_close(gathered.state()[name], value, rtol=1e-12, atol=1e-12)


def test_clip_norm_limits_what_an_update_does() -> None:
    model = cf.Sequential(Affine(2, 2)).initialize(seed=0)
    before = {name: value.clone() for name, value in model.state().items()}
    settings: dict[str, Any] = {"epochs": 1, "batch_size": 8, "clip_norm": 0.25}
    cf.train_model(model, Points(8), SumOfSquares(), Descent(model, 1.0), **settings)
    moved = sum((value - before[name]).square().sum() for name, value in model.state().items())
    assert float(moved) ** 0.5 == pytest.approx(0.25, rel=1e-4)


@pytest.mark.parametrize("wrong", [0, -1.0, float("nan")])
def test_a_norm_that_is_none_is_refused(wrong: float) -> None:
    model = cf.Sequential(Affine(2, 2)).initialize(seed=0)
    with pytest.raises(cf.ArgumentError, match="clip_norm must be a positive number"):
        cf.train_model(model, Points(8), SumOfSquares(), Descent(model, 1.0), clip_norm=wrong)
