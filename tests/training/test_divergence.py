"""Divergence: a run whose loss is no number any more ends, and says where that began."""

from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Descent, Points, Square, SumOfSquares
from torch import Tensor

import coreframe as cf


def diverging(lr: float, seeds: Any = None, layers: Any = None) -> cf.History:
    layers = layers or [Affine(2, 4), Square(), Affine(4, 2), Square()]
    lone = seeds is None
    model = cf.Sequential(*layers).initialize(seed=0 if lone else None, seeds=seeds)
    optimizer = Descent(model, lr)
    return cf.train_model(model, Points(32), SumOfSquares(), optimizer, epochs=4, batch_size=8)


def test_a_lone_model_says_epoch_step_and_layer() -> None:
    with pytest.raises(cf.DivergedRun) as error:
        diverging(1e3)
    message = str(error.value)
    assert message.startswith("the loss became ")
    assert "in epoch 1, step " in message
    assert "Square" in message or "Affine" in message or "parameter " in message
    assert message.endswith("; a smaller learning rate or clip_norm may help")
    assert isinstance(error.value, ArithmeticError)


def test_a_parameter_that_became_nan_is_named() -> None:
    class Poison(Affine):
        def backward(self, *gradwrtoutput: Tensor) -> Tensor:
            dx = super().backward(*gradwrtoutput)
            self.weight.grad.fill_(float("nan"))
            return dx

    with pytest.raises(cf.DivergedRun, match=r"nan in epoch 1, step 2: the last update made param"):
        diverging(0.001, layers=[Affine(2, 4), Poison(4, 2), Square()])


def test_a_layer_that_makes_nan_is_named() -> None:
    class Root(Square):
        def forward(self, x: Tensor) -> Tensor:
            super().forward(x)
            return (x - 1e6).sqrt()

    with pytest.raises(cf.DivergedRun, match=r"step 1: .*Root"):
        diverging(0.001, layers=[Affine(2, 2), Root()])


def test_an_input_that_is_not_finite_is_named() -> None:
    x = torch.zeros(8, 2)
    x[3, 1] = float("inf")
    model = cf.Sequential(Affine(2, 2)).initialize(seed=0)
    data = cf.TensorDataset(train=(x, torch.zeros(8, 2)), test=(x, x))
    with pytest.raises(cf.DivergedRun, match="the input holds a number that is not finite"):
        cf.train_model(model, data, SumOfSquares(), Descent(model, 0.1), epochs=1)


def test_a_replica_that_diverges_stops_nobody_else() -> None:
    model = cf.Sequential(Affine(2, 4), Square(), Affine(4, 2)).initialize(seeds=[0, 1, 2])
    optimizer = Descent(model, (0.001, 1e6, 0.001))
    history = cf.train_model(model, Points(32), SumOfSquares(), optimizer, epochs=4)
    assert history.loss.isfinite().tolist()[-1] == [True, False, True]


def test_a_population_ends_where_all_have_diverged() -> None:
    with pytest.raises(
        cf.DivergedRun, match=r"no replica of 2 has a finite loss any more, .* epoch"
    ):
        diverging(1e6, seeds=[0, 1])


def test_the_model_can_be_used_after_it() -> None:
    layers = [Affine(2, 4), Square(), Affine(4, 2), Square()]
    with pytest.raises(cf.DivergedRun):
        diverging(1e3, layers=layers)
    assert not layers[0].__dict__.get("_wrapped", False)
    cf.evaluate(cf.Sequential(Affine(2, 2)).initialize(seed=0), Points(8).train, SumOfSquares())
