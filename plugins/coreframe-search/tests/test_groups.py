"""Trials share a population if, and only if, nothing but numbers per replica differs."""

from pathlib import Path
from typing import Any

import pytest

import coreframe as cf
from coreframe_search import read_sweep
from coreframe_search.groups import group_key, merge_layers, merge_section

LAYERS = ["Linear(2, 6, gain=0.5)", "LeakyReLU(0.2)", "Sequential(Linear(6, 4), Dropout(0.3))"]


def keys(path: Path, *settings: dict[str, Any]) -> list[str]:
    plan = read_sweep(path)
    return [group_key(plan.plan(values)) for values in settings]


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer.lr": 0.3},
        {"optimizer.momentum": 0.0},
        {"optimizer.weight_decay": 0.1},  # the file leaves it to its default
        {"optimizer": {"name": "SGD", "lr": 2}},
        {"model.layers[*].gain": 2.0},
        {"model.layers[2].p": 0.5},
        {"run.seed": 7},
        {"schedule.warm_up": 0.1},
    ],
)
def test_numbers_of_each_replica_share_a_population(
    sweep_file: Path, settings: dict[str, Any]
) -> None:
    one, other = keys(sweep_file, {}, settings)
    assert one == other


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer.nesterov": True},
        {"optimizer.name": "RMSprop"},
        {"model.layers[1]": "ReLU"},
        {"model.layers": ["Linear(2, 7)", "Tanh", "Dropout(0.1)", "Linear(7, 2)"]},
        {"run.batch_size": 8},
        {"run.epochs": 4},
        {"run.clip_norm": 1.0},
        {"run.dtype": "float64"},
        {"run.patience": 3},
        {"data.noise": 0.2},
        {"loss.smoothing": 0.1},
        {"schedule": {"name": "Step", "size": 2}},
    ],
)
def test_anything_else_divides_them(sweep_file: Path, settings: dict[str, Any]) -> None:
    one, other = keys(sweep_file, {}, settings)
    assert one != other


def test_specs_are_merged_argument_by_argument(sweep_file: Path) -> None:
    plan = read_sweep(sweep_file)
    others = [
        "Linear(2, 6)",
        "LeakyReLU(negative_slope=0.1)",
        "Sequential(Linear(6, 4, gain=3), Dropout(p=0.3))",
    ]
    plans = [plan.plan({"model.layers": layers}) for layers in (LAYERS, others)]
    assert len({group_key(p) for p in plans}) == 1
    merged = merge_layers(plans)
    assert list(map(str, merged)) == [
        "Linear(2, 6, gain=[0.5, 1.0])",
        "LeakyReLU([0.2, 0.1])",
        "Sequential(Linear(6, 4, gain=[1.0, 3]), Dropout(0.3))",
    ]
    cf.assemble(merged, seeds=[0, 1])


def test_numbers_that_do_not_differ_stay_one_number(sweep_file: Path) -> None:
    plan = read_sweep(sweep_file)
    plans = [plan.plan({"optimizer.lr": lr, "optimizer.momentum": 0.5}) for lr in (0.1, 0.2)]
    assert merge_section(plans, "optimizer") == {"name": "SGD", "lr": [0.1, 0.2], "momentum": 0.5}
    assert merge_section(plans, "schedule") == {"name": "Cosine"}
