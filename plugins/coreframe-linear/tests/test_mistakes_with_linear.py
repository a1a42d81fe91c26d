"""Linear: what a user may get wrong, and numbers that are not Python's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import coreframe as cf
from coreframe_linear import Linear, onednn

SEEDINGS = pytest.mark.parametrize("seeding", [{"seed": 0}, {"seeds": [0, 1]}], ids=str)


def layer(seeding: dict[str, Any], *sizes: int) -> cf.Module:
    """A layer inside a model, so that messages can say where."""
    return cf.Sequential(Linear(*sizes)).initialize(**seeding)


def inputs(model: cf.Module, *shape: int) -> Tensor:
    return torch.ones(*model.replicas, *shape)


def test_sizes_of_other_libraries_are_plain_integers() -> None:
    np = pytest.importorskip("numpy")
    pairs: list[Any] = [(np.int64(2), torch.tensor(3)), (torch.tensor([2]), np.array(3))]
    for pair in pairs:
        made = Linear(*pair)
        assert type(made.in_size) is type(made.out_size) is int
        assert made.weight.shape == (3, 2)
    wrongs: list[Any] = [np.float64(2), np.True_, torch.tensor([2, 3]), torch.tensor(2.0)]
    for wrong in [*wrongs, np.int64(0)]:
        with pytest.raises(cf.ArgumentError, match="Linear: in_size must be a positive integer"):
            Linear(wrong, 3)


@pytest.mark.parametrize("kind", ["tensor", "array", "tuple", "range"])
def test_gains_of_any_sequence(kind: str) -> None:
    np = pytest.importorskip("numpy")
    gain: Any = {
        "tensor": torch.tensor([1.0, 2.0]),
        "array": np.array([1.0, 2.0]),
        "tuple": (1.0, 2.0),
        "range": range(1, 3),
    }[kind]
    model = Linear(2, 3, gain=gain).initialize(seeds=[4, 5])
    listed = Linear(2, 3, gain=[1.0, 2.0]).initialize(seeds=[4, 5])
    assert torch.equal(model.weight.value, listed.weight.value)
    one = model.select([1])
    assert repr(one) in ("Linear(2, 3, gain=[2.0])", "Linear(2, 3, gain=[2])")
    one.reset_weights()
    listed.select([1]).reset_weights()
    assert torch.equal(one.weight.value, listed.weight.value)


@pytest.mark.parametrize("gain", [torch.nan, torch.inf, -1.0, [1.0, torch.nan]])
def test_a_gain_is_finite(gain: float) -> None:
    with pytest.raises(cf.ArgumentError, match="gain must be finite and at least 0"):
        Linear(2, 3, gain=gain)


@SEEDINGS
@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.float64, torch.complex64])
def test_inputs_and_gradients_of_another_dtype(seeding: dict[str, Any], dtype: torch.dtype) -> None:
    model = layer(seeding, 2, 3)
    x = inputs(model, 4, 2)
    with pytest.raises(cf.ArgumentError, match=rf"Linear\(2, 3\) at 0 .* a tensor of {dtype}"):
        model.forward(x.to(dtype))
    model.expect_all_undone()  # a refused forward waits for no backward
    for backward in (model.backward, model.backward_parameters):
        ds = model.forward(x)
        with pytest.raises(cf.ArgumentError, match=rf"a tensor of {dtype}"):
            backward(ds.to(dtype))
        model.forget()
    assert not any(parameter.grad.any() for parameter in model.param())


def test_inputs_on_another_device() -> None:
    with pytest.raises(cf.ArgumentError, match="weights of cpu and got a tensor of meta"):
        layer({"seed": 0}, 2, 3).forward(torch.ones(4, 2, device="meta"))


def test_integers_of_a_split_are_named() -> None:
    data = cf.TensorSplit(torch.ones(4, 2, dtype=torch.int64), torch.ones(4, 3))
    loss = cf.create("loss", "MSE")
    with pytest.raises(cf.ArgumentError, match=r"Linear\(2, 3\) at 0 .* a tensor of torch\.int64"):
        cf.evaluate(layer({"seed": 0}, 2, 3), data, loss)


@SEEDINGS
@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ((4,), (5,)),
        ((4,), (3,)),
        ((4,), (1,)),
        ((1,), (4,)),
        ((4,), (2, 2)),
        ((2, 2), (4,)),
        ((2, 3), (3, 2)),
        ((2, 3), (2, 1)),
        ((2, 3), (2, 3, 1)),
    ],
)
def test_gradients_of_another_shape(
    seeding: dict[str, Any], given: tuple[int, ...], wrong: tuple[int, ...]
) -> None:
    model = layer(seeding, 2, 3)
    for backward in (model.backward, model.backward_parameters):
        model.forward(inputs(model, *given, 2))
        with pytest.raises(cf.ShapeError, match=r"at 0 got the gradient \(.*\) for outputs \("):
            backward(inputs(model, *wrong, 3))
        model.forget()
    assert not any(parameter.grad.any() for parameter in model.param())


@pytest.mark.parametrize(("given", "wrong"), [(200, 199), (199, 200), (200, 1)])
def test_large_gradients_of_another_shape(given: int, wrong: int) -> None:
    model = layer({"seed": 0}, 200, 200)
    with torch.inference_mode():
        assert onednn.serves(torch.ones(200, 200), 200)
        model.forward(torch.ones(given, 200))
        with pytest.raises(cf.ShapeError, match="got the gradient"):
            model.backward(torch.ones(wrong, 200))
    assert not any(parameter.grad.any() for parameter in model.param())
