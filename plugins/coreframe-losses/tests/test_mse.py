"""MSE: against torch.nn.functional.mse_loss, by its weights, and its predictions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from coreframe.testing import check_loss_gradients, check_loss_population
from coreframe_losses import MSE


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def uniform(*shape: int, seed: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def population(count: int) -> MSE:
    loss = MSE()
    loss.replicas = (count,)
    return loss


@pytest.mark.parametrize("weighted", [False, True])
def test_outputs_without_features(weighted: bool) -> None:
    pred, actual = normal(4, 5), normal(4, 5, seed=1)
    weight = uniform(4, 5) if weighted else None
    check_loss_gradients(population(4), pred, actual, weight)
    check_loss_population(MSE(), pred, actual, weight)


@pytest.mark.parametrize("shape", [(5, 3), (1, 1), (5, 1), (5,), (3, 3), (4, 2, 3)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_autograd_agrees(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    pred, actual = normal(*shape).to(dtype), normal(*shape, seed=1).to(dtype)
    leaf = pred.clone().requires_grad_()
    wanted = functional.mse_loss(leaf, actual)
    wanted.backward()  # type: ignore[no-untyped-call]  # torch's own
    loss = MSE()
    value = loss.compute_loss(pred, actual)
    gradient = loss.backward()
    tolerance = 2e-2 if dtype is torch.bfloat16 else 1e-6
    assert value.dtype is gradient.dtype is dtype
    assert leaf.grad is not None
    torch.testing.assert_close(value, wanted.detach(), rtol=tolerance, atol=0)
    torch.testing.assert_close(gradient, leaf.grad, rtol=tolerance, atol=tolerance / 10)


@pytest.mark.parametrize("features", [(), (3,), (2, 3)])
def test_weight_zero_leaves_the_sample_out(features: tuple[int, ...]) -> None:
    pred, actual = normal(6, *features), normal(6, *features, seed=1)
    kept = torch.tensor([True, False, True, True, False, True])
    loss = MSE()
    wanted = loss.compute_loss(pred[kept], actual[kept])
    wanted_gradient = loss.backward()
    for weight in (kept, 3 * kept.double()):
        torch.testing.assert_close(loss.compute_loss(pred, actual, weight), wanted)
        gradient = loss.backward()
        torch.testing.assert_close(gradient[kept], wanted_gradient)
        assert not gradient[~kept].any()


def test_weights_count_samples() -> None:
    pred, actual = normal(3, 2), normal(3, 2, seed=1)
    twice = torch.cat([pred, pred[:1]]), torch.cat([actual, actual[:1]])
    loss = MSE()
    weighted = loss.compute_loss(pred, actual, torch.tensor([2.0, 1.0, 1.0]))
    torch.testing.assert_close(weighted, loss.compute_loss(*twice))


def test_all_weights_zero_give_zero() -> None:
    loss, pred = population(2), normal(2, 3, 2)
    value = loss.compute_loss(pred, -pred, torch.tensor([[0.0] * 3, [1.0] * 3]))
    gradient = loss.backward()
    assert value[0] == 0
    assert value[1] == pytest.approx(4 * float(pred[1].square().mean()))
    assert not gradient[0].any()


def test_empty_batch_gives_zero() -> None:
    loss = MSE()
    assert loss.compute_loss(torch.zeros(0, 2), torch.zeros(0, 2)).item() == 0
    assert loss.backward().shape == (0, 2)


def test_gradient_shares_no_memory_with_the_arguments() -> None:
    loss, pred, actual, weight = MSE(), normal(4, 2), normal(4, 2, seed=1), uniform(4)
    before = [tensor.clone() for tensor in (pred, actual, weight)]
    loss.compute_loss(pred, actual, weight)
    loss.backward().zero_()
    for tensor, old in zip((pred, actual, weight), before, strict=True):
        assert torch.equal(tensor, old)


def test_extremes_stay_finite() -> None:
    pred = torch.tensor([[1e15, -1e15, 0.0, 1e-30]])
    loss = MSE()
    assert bool(loss.compute_loss(pred, -pred).isfinite())
    assert bool(loss.backward().isfinite().all())


def test_prediction_is_the_largest_output() -> None:
    output = torch.tensor([[0.1, 0.9, 0.3], [2.0, -1.0, 1.0]])
    assert MSE().predict(output).tolist() == [1, 0]
    assert MSE().predict(output.expand(4, 2, 3)).tolist() == [[1, 0]] * 4
    assert MSE().classes(torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])).tolist() == [2, 0]


@pytest.mark.parametrize("replicas", [0, 3])
def test_a_single_output_is_a_value(replicas: int) -> None:
    loss = population(replicas) if replicas else MSE()
    output = normal(*loss.replicas, 4)
    assert torch.equal(loss.predict(output.unsqueeze(-1)), output)
    assert torch.equal(loss.predict(output), output)
    assert torch.equal(loss.classes(output), output)
