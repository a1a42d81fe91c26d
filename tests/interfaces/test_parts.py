"""Parts: a layer inside a model reads and runs, and moves only with the whole."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
import torch
from coreframe_toys import Affine, Descent, Points, Square, SumOfSquares

import coreframe as cf


def build() -> cf.Sequential:
    model = cf.Sequential(Affine(2, 3), cf.Sequential(Square(), Affine(3, 2)))
    model.initialize(seed=0)
    return model


Act = Callable[[cf.Module], object]
MOVES: list[Act] = [
    lambda part: part.storage,
    lambda part: part.to(torch.float64),
    lambda part: part.load_state(part.state()),
    lambda part: part.initialize(seed=1),
    lambda part: part.select(0),
    lambda part: Descent(part, lr=0.1),
]


@pytest.mark.parametrize("act", MOVES)
@pytest.mark.parametrize("path", ["0", "1", "1.1"])
def test_a_part_does_not_move_alone(act: Act, path: str) -> None:
    model = build()
    optimizer = Descent(model, lr=0.1)
    before = model.storage
    part = dict(model.named_modules())[path]
    with pytest.raises(cf.ProtocolError, match=f"the whole model, not .* at {path} alone"):
        act(part)
    assert model.storage is before
    optimizer.step()  # still the one of this model


def test_a_part_is_read_without_moving_it() -> None:
    model = build()
    optimizer = Descent(model, lr=0.1)
    before = model.storage
    part = model.layers[1]
    part.state()
    part.zero_grad()
    part.step(0.1)
    part.reset_weights()
    part(torch.ones(4, 3))
    cf.evaluate(model.layers[0], _Tripled(Points(8)).train, SumOfSquares())
    assert model.storage is before
    optimizer.step()


class _Tripled(cf.Dataset):
    """Points with targets of three features, for a layer that gives three."""

    def __init__(self, data: cf.Dataset) -> None:
        x, y = data.train.take(torch.arange(len(data.train)))
        self.train = self.test = cf.TensorSplit(x, torch.cat([y, y[:, :1]], 1))


def test_a_layer_is_whole_again_once_its_model_is_gone() -> None:
    model = build()
    first, second = model.layers
    values = first.state()
    del model
    assert not first.is_part
    assert repr(first) == first.described
    for layer in (first, second):  # they shared the context of what is gone
        layer.to(torch.float64)
        Descent(layer, lr=0.1).step()
    assert first.state()["weight"].dtype == torch.float64
    assert torch.equal(first.state()["weight"].float(), values["weight"])
    first.initialize(seeds=[1, 2])
    assert (first.replicas, second.replicas) == ((2,), ())


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])  # noqa: S301  # our own
def test_a_copied_model_is_whole_and_its_layers_are_its_parts(
    twin: Callable[[cf.Sequential], cf.Sequential],
) -> None:
    model = build()
    copied = twin(model)
    assert not copied.is_part
    assert copied.layers[0].is_part
    copied.to(torch.float64)
    assert model.state()["0.weight"].dtype == torch.float32
    assert model.layers[0].is_part
    assert twin(model).layers[0].context.owner is not model


def test_a_layer_copied_alone_is_whole() -> None:
    layer = copy.deepcopy(build().layers[0])
    assert not layer.is_part
    layer.to(torch.float64)


def test_a_layer_given_to_another_model_is_a_part_of_that() -> None:
    layer = Affine(2, 2)
    one = cf.Sequential(layer)
    other = cf.Sequential(layer, Square())
    assert layer.context.owner is other
    assert one.layers[0] is layer
