"""What the benchmarks compare: trainings that lead to one result, by any way.

JAX's is proven by the benchmark itself, in a process of its own: its threads outlive it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
import torch
from ours import Ours
from populations.blocks import Blocks, best_size, our_best_size, powers_of_two
from rivals.products import Products, _products
from rivals.rival import Rival, proven
from rivals.scikit_learn import ScikitLearn
from rivals.stacked import Stacked
from rivals.torch_loop import TorchLoop
from rivals.vmapped import AUTOGRAD, FUNC, Vmapped
from training import ADAMW, SGD, Rule, Training

MAKERS: dict[str, Callable[[Training], Rival]] = {
    "loop": TorchLoop,
    "stacked": Stacked,
    "func": partial(Vmapped, name=FUNC),
    "autograd": partial(Vmapped, name=AUTOGRAD),
    "ours in blocks": lambda training: Blocks(training, Ours, 2),
    "stacked in blocks": lambda training: Blocks(training, Stacked, 2),
}


def make_training(rule: Rule = SGD, replicas: int = 3) -> Training:
    return Training.drawn((3, 8, 7, 2), 40, 8, rule=rule, replicas=replicas)


@pytest.mark.parametrize("rule", [SGD, ADAMW], ids=["SGD", "AdamW"])
@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("name", MAKERS)
def test_a_rival_trains_as_we_do(name: str, replicas: int, rule: Rule) -> None:
    rival = proven(MAKERS[name], make_training(rule, replicas))
    assert rival.models == len(rival.values()[0])


@pytest.mark.parametrize("activation", ["Tanh", "Sigmoid"])
def test_only_the_loop_has_other_activations(activation: str) -> None:
    training = replace(make_training(), activation=activation)
    proven(TorchLoop, training)
    with pytest.raises(ArithmeticError, match="do not train alike"):
        proven(Stacked, training)


def test_scikit_learn_trains_as_we_do_on_its_own_loss() -> None:
    assert proven(ScikitLearn, make_training()).loss == "BinaryCrossEntropy"
    with pytest.raises(ValueError, match="scikit-learn has no AdamW"):
        ScikitLearn(make_training(ADAMW))


@pytest.mark.parametrize(
    "change",
    [
        {"rule": Rule("SGD", {"lr": 0.01, "momentum": 0.79})},
        {"batch_size": 10},
        {"seeds": (0, 1, 3)},
    ],
)
def test_a_rival_that_trains_otherwise_is_no_rival(change: dict[str, object]) -> None:
    def make(training: Training) -> Rival:
        return Stacked(replace(training, **change))  # type: ignore[arg-type]

    with pytest.raises(ArithmeticError, match=r"stacked autograd is .* apart from coreframe"):
        proven(make, make_training())


def test_an_epoch_lowers_the_loss_of_the_drawn_samples() -> None:
    training = make_training()
    ours = Ours(training)
    ours.train()
    assert (training.loss(ours.values()) < training.loss(training.first_values())).all()


@torch.inference_mode()
@pytest.mark.parametrize("replicas", [1, 3])
def test_the_floor_computes_each_product_in_any_layout(replicas: int) -> None:
    training = make_training(replicas=replicas)
    floor = Products(training)
    count = 0
    for a, b, to in _products(training):
        for way in floor._ways(a, b, to):
            left, right = way.args[:2]  # type: ignore[attr-defined]  # a partial
            torch.testing.assert_close(way(), left @ right)
        shape = (a.columns, a.rows) if a.transposed else (a.rows, a.columns)
        width = b.rows if b.transposed else b.columns
        assert (shape[0], width) == (to.rows, to.columns)
        count += shape[0] * shape[1] * width
    forward = sum(a * b for a, b in pairwise(training.sizes)) * training.batch_size
    first = training.sizes[0] * training.sizes[1] * training.batch_size
    assert count == 3 * forward - first  # nobody reads the gradient of the data


def test_the_best_block_is_one_of_those_tried() -> None:
    assert powers_of_two(12) == [1, 2, 4, 8, 12]
    assert powers_of_two(8) == [1, 2, 4, 8]
    training = make_training()
    assert best_size(training, Stacked, [2, 3], 1) in (2, 3)
    assert our_best_size(training) in (1, 2, 3)
