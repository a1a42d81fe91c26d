"""select: some replicas of a population, with all that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from coreframe_toys import Affine, Descent, Square

from coreframe import ArgumentError, Module, ProtocolError, Sequential, ShapeError

SELECTIONS: list[tuple[int | Sequence[int] | torch.Tensor, int | list[int]]] = [
    (1, 1),
    (-1, 3),
    ([2], [2]),
    ([-1, 0], [3, 0]),
    ([1, 1, 2], [1, 1, 2]),
    (range(2), [0, 1]),
    (torch.tensor([3, 1]), [3, 1]),
    (torch.tensor(2), 2),
    (torch.tensor([True, False, False, True]), [0, 3]),
]


def build() -> Module:
    layers = [Affine(2, 3, gain=[1.0, 2.0, 3.0, 4.0]), Square(), Affine(3, 2)]
    model = Sequential(*layers).initialize(seeds=[10, 11, 12, 13])
    for number, parameter in enumerate(model.param()):
        parameter.grad.copy_(parameter.value * number)
    return model


@pytest.mark.parametrize(("selection", "kept"), SELECTIONS)
def test_values_gradients_streams_and_seeds_are_kept(
    selection: int | Sequence[int] | torch.Tensor, kept: int | list[int]
) -> None:
    model, whole = build(), build()
    whole.random.normal("noise", (5,))
    model.random.normal("noise", (5,))
    assert model.select(selection) is model
    assert model.replicas == (() if isinstance(kept, int) else (len(kept),))
    for (_, one), (_, other) in zip(
        model.named_parameters(), whole.named_parameters(), strict=True
    ):
        assert torch.equal(one.value, other.value[kept])
        assert torch.equal(one.grad, other.grad[kept])
        assert one.value.is_contiguous()
    seeds = whole.random.seeds
    assert isinstance(seeds, tuple)
    assert model.random.seeds == (
        seeds[kept] if isinstance(kept, int) else tuple(seeds[r] for r in kept)
    )
    for stream in ("initialization", "order", "noise"):
        drawn = whole.random.normal(stream, (4,))
        assert torch.equal(model.random.normal(stream, (4,)), drawn[kept])


def test_settings_and_initializers_follow() -> None:
    model, whole = build(), build()
    model.select([3, 1])
    assert repr(model) == "Sequential(Affine(2, 3, gain=[4.0, 2.0]), Square(), Affine(3, 2))"
    model.reset_weights()
    whole.reset_weights()
    for name, value in model.state().items():
        assert torch.equal(value, whole.state()[name][[3, 1]])
    model.select(0)
    assert repr(model) == "Sequential(Affine(2, 3, gain=4.0), Square(), Affine(3, 2))"
    model.reset_weights()


def test_replica_chosen_twice_draws_on_its_own() -> None:
    model = build()
    model.select([1, 1])
    one, other = model.random.normal("noise", (3,))
    assert torch.equal(one, other)
    assert len(model.random.generators("noise")) == 2
    torch.randn(1, generator=model.random.generators("noise")[0])
    one, other = model.random.normal("noise", (3,))
    assert not torch.equal(one, other)


def test_mistakes_change_nothing() -> None:
    model = build()
    storage = model.storage
    with pytest.raises(ArgumentError, match="no replica 4 in a population of 4"):
        model.select([0, 4])
    with pytest.raises(ArgumentError, match="no replica -5 in a population of 4"):
        model.select(-5)
    with pytest.raises(ArgumentError, match="a selection of no replicas"):
        model.select([])
    with pytest.raises(ArgumentError, match="a selection of no replicas"):
        model.select(torch.zeros(4, dtype=torch.bool))
    with pytest.raises(ArgumentError, match=r"mask of replicas must have shape \(4,\)"):
        model.select(torch.ones(3, dtype=torch.bool))
    with pytest.raises(ArgumentError, match="no replica True"):
        model.select([True, False])
    with pytest.raises(ArgumentError, match=r"no replica 0\.5"):
        model.select(torch.tensor([0.5]))
    with pytest.raises(ProtocolError, match=r"select from the whole model, not Affine.* at 2"):
        model.children()["2"].select([0])
    assert model.storage is storage
    assert model.replicas == (4,)
    with pytest.raises(ArgumentError, match="this is a lone model"):
        build().select(0).select(0)


@pytest.mark.parametrize(("selection", "kept"), SELECTIONS)
def test_optimizer_follows_and_goes_on(
    selection: int | Sequence[int] | torch.Tensor, kept: int | list[int]
) -> None:
    model, whole = build(), build()
    optimizer, other = (Descent(m, lr=[0.1, 0.2, 0.3, 0.4], momentum=0.5) for m in (model, whole))
    optimizer.lr_factor = other.lr_factor = [1.0, 0.5, 0.25, 0.125]
    optimizer.step()
    other.step()
    model.select(selection)
    assert optimizer.select(selection) is optimizer
    assert optimizer.steps == 1
    for name, value in optimizer.state().items():
        assert torch.equal(value, other.state()[name][kept])
    for name, value in model.state().items():
        assert torch.equal(value, whole.state()[name][kept])
    optimizer.step()
    other.step()
    for name, value in model.state().items():
        torch.testing.assert_close(value, whole.state()[name][kept], rtol=1e-6, atol=1e-7)


def test_optimizer_is_selected_after_its_model() -> None:
    model = build()
    optimizer = Descent(model, lr=0.1)
    with pytest.raises(ShapeError, match="select the model before its optimizer"):
        optimizer.select([0, 1])
    model.select([0, 1])
    for other in ([0, 1, 2], [0, 2], [1, 0], 0):  # also where the sizes fit
        with pytest.raises(ShapeError, match=r"in the same way: Descent.* was to keep"):
            optimizer.select(other)
    optimizer.select([0, 1]).step()


def test_an_optimizer_that_missed_a_selection_cannot_follow_the_next() -> None:
    model = build()
    optimizer = Descent(model, lr=0.1)
    model.select([0, 1, 2]).select([0, 1])
    with pytest.raises(ShapeError, match="the last change of the model's parameters was not that"):
        optimizer.select([0, 1])
