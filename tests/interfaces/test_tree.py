"""The tree: paths, shared parts, parts in lists, one context for all."""

from __future__ import annotations

import pytest
from coreframe_toys import Affine, Square
from torch import Tensor

from coreframe import Constant, Module, Parameter, Sequential, ShapeError


class Branches(Module):
    """Parameters and modules as attributes, in lists and in tuples."""

    def __init__(self, width: int) -> None:
        self.scale = Parameter((width,), Constant(1.0))
        self.offsets = [Parameter((width,), Constant(i)) for i in range(2)]
        self.body = Sequential(Affine(width, width), Square())
        self.heads = (Affine(width, 1), Affine(width, 2))

    def forward(self, x: Tensor) -> Tensor:
        return x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return gradwrtoutput[0]


def test_parameters_are_found_everywhere_with_their_paths() -> None:
    assert [name for name, _ in Branches(3).named_parameters()] == [
        "scale",
        "offsets.0",
        "offsets.1",
        "body.0.weight",
        "body.0.bias",
        "heads.0.weight",
        "heads.0.bias",
        "heads.1.weight",
        "heads.1.bias",
    ]


def test_modules_are_found_parents_first() -> None:
    names = [name for name, _ in Branches(3).named_modules()]
    assert names == ["", "body", "body.0", "body.1", "heads.0", "heads.1"]


def test_shared_module_appears_once_at_its_first_path() -> None:
    shared = Affine(2, 2)
    model = Sequential(Square(), shared, Sequential(shared)).initialize(seed=0)
    assert [name for name, _ in model.named_parameters()] == ["1.weight", "1.bias"]
    assert shared.path == "1"
    assert len(model.param()) == 2
    assert list(model.state()) == ["1.weight", "1.bias"]


def test_shared_parameter_appears_once() -> None:
    tied, other = Affine(2, 2), Affine(2, 2)
    other.weight = tied.weight
    model = Sequential(tied, other).initialize(seeds=[0, 1])
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert other.weight.value is tied.weight.value
    model.select([1])
    assert other.weight.value is tied.weight.value


def test_parts_know_their_path_and_replicas() -> None:
    model = Sequential(Square(), Sequential(Affine(2, 2))).initialize(seeds=[1, 2, 3])
    for path, module in model.named_modules():
        assert module.path == path
        assert module.replicas == (3,)
        assert module.random is model.random
    assert model.layers[1].children()["0"].described == "Affine(2, 2) at 1.0"
    model.select(0)
    assert {module.replicas for _, module in model.named_modules()} == {()}


def test_layer_added_later_belongs_to_the_model() -> None:
    inner = Sequential(Affine(2, 2))
    model = Sequential(inner).initialize(seeds=[1, 2])
    late = Affine(2, 2)
    inner.layers = (*inner.layers, late)
    assert model.storage.holds(dict(model.named_parameters()))
    assert late.context is model.context
    assert late.replicas == (2,)
    assert late.path == "0.1"
    assert late.weight.value.shape == (2, 2, 2)


def test_populations_of_different_sizes_cannot_be_joined() -> None:
    two, three = (Affine(2, 2).initialize(seeds=range(count)) for count in (2, 3))
    with pytest.raises(ShapeError, match=r"modules of replicas \(2,\) and \(3,\)"):
        Sequential(two, three)


def test_parts_of_one_population_can_be_joined() -> None:
    parts = [Affine(2, 2).initialize(seeds=[5, 6]) for _ in range(2)]
    values = [part.weight.value.clone() for part in parts]
    model = Sequential(*parts)
    assert model.replicas == (2,)
    assert model.storage.replicas == (2,)
    for part, value in zip(parts, values, strict=True):
        assert bool((part.weight.value == value).all())
