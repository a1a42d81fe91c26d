"""PaddedLinear: networks of different widths as one population, each as it would be alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import coreframe as cf
from coreframe_linear import Linear, PaddedLinear

WIDTHS = [(8, 5), (3, 7), (1, 2), (8, 7)]
SEEDS = range(4)


def padded(activation: str) -> list[str]:
    first, second = ([pair[index] for pair in WIDTHS] for index in (0, 1))
    return [
        f"PaddedLinear(4, 8, outputs={first}, gain=[1.0, 0.5, 2.0, 1.5])",
        activation,
        f"PaddedLinear(8, 7, inputs={first}, outputs={second})",
        activation,
        f"PaddedLinear(7, 3, inputs={second})",
    ]


def lone(replica: int, activation: str) -> list[str]:
    (a, b), gain = WIDTHS[replica], [1.0, 0.5, 2.0, 1.5][replica]
    first = f"Linear(4, {a}, gain={gain})"
    return [first, activation, f"Linear({a}, {b})", activation, f"Linear({b}, 3)"]


def used(name: str, value: torch.Tensor, replica: int) -> torch.Tensor:
    """The part of a padded parameter that the replica uses."""
    (a, b), layer = WIDTHS[replica], int(name[0])
    rows, columns = {0: (a, 4), 2: (b, a), 4: (3, b)}[layer]
    return value[:rows, :columns] if value.dim() > 1 else value[:rows]


def data() -> cf.Dataset:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(50, 4, generator=generator, dtype=torch.float64)
    y = torch.randint(3, (50,), generator=generator)
    return cf.TensorDataset(train=(x[:40], y[:40]), test=(x[40:], y[40:]))


def train(model: cf.Module, optimizer: str) -> cf.History:
    made = cf.create("optimizer", optimizer, model)
    loss = cf.create("loss", "CrossEntropy")
    return cf.train_model(model, data(), loss, made, epochs=5, batch_size=8, log=True)


@pytest.mark.parametrize("activation", ["ReLU", "Sigmoid", "Tanh", "Softplus"])
@pytest.mark.parametrize(
    "optimizer", ["SGD(lr=0.1, momentum=0.9)", "AdamW(lr=0.01, weight_decay=0.1)"]
)
def test_each_width_trains_as_it_would_alone(activation: str, optimizer: str) -> None:
    model = cf.assemble(padded(activation), seeds=SEEDS, dtype=torch.float64)
    history = train(model, optimizer)
    for replica in SEEDS:
        alone = cf.assemble(lone(replica, activation), seed=replica, dtype=torch.float64)
        expected = train(alone, optimizer)
        for name, value in alone.state().items():
            ours = model.state()[name.replace(".", ".linear.", 1)][replica]
            torch.testing.assert_close(used(name, ours, replica), value)
            rest = ours.clone()
            used(name, rest, replica).zero_()
            assert not rest.any(), f"{name} of replica {replica} is used beyond its width"
        assert history.test_loss is not None
        torch.testing.assert_close(history.test_loss[:, replica], expected.test_loss)


def test_first_values_are_those_of_linear_bit_for_bit() -> None:
    model = cf.assemble(padded("ReLU"), seeds=SEEDS)
    for replica in SEEDS:
        alone = cf.assemble(lone(replica, "ReLU"), seed=replica)
        for name, value in alone.state().items():
            ours = model.state()[name.replace(".", ".linear.", 1)][replica]
            assert torch.equal(used(name, ours, replica), value), name


@pytest.mark.parametrize("kept", [[2, 0], 1])
def test_a_selection_computes_what_it_did(kept: Any) -> None:
    model = cf.assemble(padded("Sigmoid"), seeds=SEEDS)
    x = torch.randn(4, 6, 4, generator=torch.Generator().manual_seed(1))
    before = model.eval().forward(x)[kept]
    model.select(kept)
    torch.testing.assert_close(model.forward(x[kept]), before)
    seeds: dict[str, Any] = {"seed": 0} if isinstance(kept, int) else {"seeds": [0, 1]}
    again = cf.assemble(repr(model), **seeds).load_state(model.state()).eval()
    torch.testing.assert_close(again.forward(x[kept]), before)
    model.reset_weights()
    count = [WIDTHS[index][0] for index in ([kept] if isinstance(kept, int) else kept)]
    weight = model.state()["0.linear.weight"].reshape(len(count), 8, 4)
    assert [int(row.any(-1).sum()) for row in weight] == count


def test_a_selection_of_replicas_that_use_the_same_computes_what_it_did() -> None:
    model = cf.assemble(["PaddedLinear(4, 3, inputs=2)"], seeds=[0, 1, 2])
    x = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(1))
    before = model.forward(x)[[0, 2]]
    torch.testing.assert_close(model.select([0, 2]).forward(x[[0, 2]]), before)


def test_it_says_what_is_wrong() -> None:
    with pytest.raises(cf.ArgumentError, match="inputs must be at most 4, got 5"):
        PaddedLinear(4, 3, inputs=5)
    with pytest.raises(cf.ArgumentError, match="outputs must be a positive integer, got 0"):
        PaddedLinear(4, 3, outputs=[1, 0])
    with pytest.raises(cf.ArgumentError, match="inputs has 2 numbers for a population of 3"):
        cf.assemble(["PaddedLinear(4, 3, inputs=[1, 2])"], seeds=range(3))
    model = cf.assemble(["PaddedLinear(4, 3, inputs=2)"], seed=0)
    with pytest.raises(cf.ShapeError, match="4 features"):
        model.forward(torch.zeros(2, 5))


def test_without_sizes_it_is_linear() -> None:
    one, two = PaddedLinear(4, 3).initialize(seed=0), Linear(4, 3).initialize(seed=0)
    assert torch.equal(one.state()["linear.weight"], two.state()["weight"])
