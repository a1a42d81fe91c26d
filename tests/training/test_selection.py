"""select of model, optimizer, data and data order: nothing changes but who is there."""

from typing import Any

import pytest
import torch
from coreframe_toys import Descent, Points, SumOfSquares
from torch import Tensor

import coreframe as cf

SPECS = ["Affine(2, 5, gain=[0.5, 1.0, 1.5, 2.0])", "Noise", "RunningMean(5)", "Affine(5, 2)"]
KEPT: list[Any] = [
    2,
    -1,
    [1],
    [3, 0],
    [0, 1, 2, 3],
    [1, 1],
    torch.tensor([True, False, False, True]),
    torch.tensor([2, 0]),
]


def trained(own_data: bool = False) -> tuple[cf.Module, cf.Optimizer, cf.Dataset]:
    model = cf.assemble(SPECS, seeds=[0, 1, 2, 3], dtype=torch.float64)
    rates, momenta = [0.001, 0.002, 0.003, 0.004], [0.0, 0.5, 0.8, 0.9]
    optimizer = Descent(model, rates, momentum=momenta)
    data = Points(21, seed=[0, 1, 2, 3] if own_data else 0)
    train(model, optimizer, data)
    return model, optimizer, data


def train(model: cf.Module, optimizer: cf.Optimizer, data: cf.Dataset) -> Tensor:
    return cf.train_model(model, data, SumOfSquares(), optimizer, epochs=2, batch_size=4).loss


def chosen(kept: Any) -> Any:
    if isinstance(kept, Tensor):
        kept = kept.nonzero().flatten().tolist() if kept.dtype is torch.bool else kept.tolist()
    return kept


def rows(state: dict[str, Tensor], kept: Any) -> dict[str, Tensor]:
    return {name: t[chosen(kept)] if t.dim() else t for name, t in state.items()}


@pytest.mark.parametrize("kept", KEPT)
def test_the_state_of_model_optimizer_and_order_is_kept_bit_for_bit(kept: Any) -> None:
    model, optimizer, _ = trained()
    before = [
        rows(state, kept) for state in (model.state(), optimizer.state(), model.random.state())
    ]
    model.select(kept)
    optimizer.select(kept)
    after = [model.state(), optimizer.state(), model.random.state()]
    for one, other in zip(before, after, strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert torch.equal(value, other[name]), name


@pytest.mark.parametrize("own_data", [False, True])
@pytest.mark.parametrize("kept", KEPT)
def test_it_continues_as_it_would_have(kept: Any, own_data: bool) -> None:
    model, optimizer, data = trained(own_data)
    model.select(kept)
    optimizer.select(kept)
    data.select(kept)
    wanted = train(*trained(own_data))[:, chosen(kept)]
    torch.testing.assert_close(train(model, optimizer, data), wanted, rtol=1e-10, atol=1e-10)


def test_one_replica_becomes_the_lone_model_it_always_was() -> None:
    model, optimizer, data = trained()
    model.select(2)
    optimizer.select(2)
    lone = cf.assemble(
        [spec.replace("[0.5, 1.0, 1.5, 2.0]", "1.5") for spec in SPECS], seed=2, dtype=torch.float64
    )
    its = Descent(lone, 0.003, momentum=0.8)
    train(lone, its, data)
    assert repr(model) == repr(lone)
    assert repr(optimizer) == repr(its)
    assert model.random.seeds == 2
    torch.testing.assert_close(
        train(model, optimizer, data), train(lone, its, data), rtol=1e-10, atol=1e-10
    )


def test_the_optimizer_is_selected_after_its_model() -> None:
    model, optimizer, data = trained()
    with pytest.raises(cf.ShapeError, match="select the model before its optimizer"):
        optimizer.select([0])
    model.select([0, 1])
    with pytest.raises(cf.ShapeError, match="select the model before its optimizer"):
        optimizer.select([0])
    with pytest.raises(cf.StaleOptimizer):
        train(model, optimizer, data)
    optimizer.select([0, 1])
    train(model, optimizer, data)
