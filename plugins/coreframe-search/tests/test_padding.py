"""Networks of different widths train as one population, each as it would alone."""

import csv
from pathlib import Path
from typing import Any

import pytest

import coreframe as cf
from coreframe_runs import Plan, read_plan, train_run
from coreframe_search import block_size, read_sweep, sweep
from coreframe_search.padding import pad, padding_key

NEAR = 1e-9  # in double precision, where padding adds zeros to sums of the same numbers

RUN = """
[data]
name = "Moons"
samples = 150

[model]
layers = ["Linear(2, 4)", "Linear(4, 2)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "{optimizer}"
lr = 0.05

[run]
epochs = 3
batch_size = 16
dtype = "float64"
clip_norm = 1.0

[sweep]
sampler = "grid"
pruner = "{pruner}"

[sweep.space]
run.seed = [0, 1]
"model.layers" = [
    ["Linear(2, 3)", "Sigmoid", "Linear(3, 8)", "ReLU", "Linear(8, 2)"],
    ["Linear(2, 9, gain=2.0)", "Sigmoid", "Linear(9, 5)", "ReLU", "Linear(5, 2)"],
    ["Linear(2, 6)", "Sigmoid", "Linear(6, 8)", "ReLU", "Linear(8, 2)"],
]
"""


@pytest.fixture(autouse=True)
def _all_padded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a measurement would say."""
    monkeypatch.setattr(block_size.BlockSizes, "pays", lambda self, groups, data: len(groups) > 1)


def written(folder: Path, optimizer: str = "SGD", pruner: str = "none") -> Path:
    path = folder / "widths.toml"
    path.write_text(RUN.format(optimizer=optimizer, pruner=pruner), encoding="utf-8")
    return path


def plans_of(path: Path, *layers: list[str]) -> list[Plan]:
    plan = read_sweep(path)
    return [plan.plan({"model.layers": own}) for own in layers]


def lone_figures(plan: Plan, folder: Path) -> list[dict[str, float]]:
    folder.with_suffix(".toml").write_text(plan.toml)
    train_run(read_plan(folder.with_suffix(".toml")), folder, quiet=True)
    with (folder / "metrics.csv").open() as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("optimizer", "pruner"), [("SGD", "none"), ("AdamW", "none"), ("Adagrad", "halving")]
)
def test_each_width_gets_the_figures_of_its_lone_run(
    optimizer: str, pruner: str, tmp_path: Path
) -> None:
    file = written(tmp_path, optimizer, pruner)
    results = sweep(read_sweep(file), tmp_path / "sweep", quiet=True)
    assert len({trial.block for trial in results.trials}) == 1
    assert len(results.trials) == 6
    assert ("pruned" in {trial.state for trial in results.trials}) == (pruner != "none")
    for trial in results.trials:
        rows = lone_figures(results.plan.plan(trial.settings), tmp_path / str(trial.trial))
        alone = rows[trial.epochs - 1]["validation_loss"]
        assert trial.value == pytest.approx(alone, abs=NEAR), trial


def test_the_best_run_is_written_without_padding(tmp_path: Path) -> None:
    sweep(read_sweep(written(tmp_path)), tmp_path / "sweep", quiet=True)
    best = read_plan(tmp_path / "sweep" / "best.toml")
    assert not [layer for layer in best.layers if "Padded" in layer]


def test_only_layers_that_differ_are_padded(tmp_path: Path) -> None:
    plans = plans_of(
        written(tmp_path),
        ["Linear(2, 3)", "Tanh", "Linear(3, 8)", "ReLU", "Linear(8, 8)", "Linear(8, 2, gain=0.5)"],
        ["Linear(2, 9)", "Tanh", "Linear(9, 8)", "ReLU", "Linear(8, 8)", "Linear(8, 2)"],
    )
    one, other = pad(plans)
    assert one.layers == [
        "coreframe_linear.PaddedLinear(in_size=2, out_size=9, inputs=2, outputs=3)",
        "Tanh()",
        "coreframe_linear.PaddedLinear(in_size=9, out_size=8, inputs=3, outputs=8)",
        "ReLU()",
        "Linear(8, 8)",
        "Linear(8, 2, gain=0.5)",
    ]
    assert other.layers[2].endswith("(in_size=9, out_size=8, inputs=9, outputs=8)")


@pytest.mark.parametrize(
    "other",
    [
        ["Linear(2, 9)", "Tanh", "Linear(9, 3)"],  # outputs of the network
        ["Linear(3, 6)", "Tanh", "Linear(6, 2)"],  # its inputs
        ["Linear(2, 9)", "ReLU", "Linear(9, 2)"],
        ["Linear(2, 9)", "Tanh", "Linear(8, 2)"],  # which fit into no network
        ["Linear(2, 9)", "Tanh", "Linear(9, 9)", "Linear(9, 2)"],
    ],
)
def test_other_differences_are_not_padded(other: list[str], tmp_path: Path) -> None:
    plans = plans_of(written(tmp_path), ["Linear(2, 6)", "Tanh", "Linear(6, 2)"], other)
    assert len({padding_key(plan) for plan in plans}) == 2


@pytest.mark.parametrize("between", ["Softmax", "Dropout(0.5)", "LayerNorm({width})"])
def test_what_sees_the_whole_width_forbids_it(between: str, tmp_path: Path) -> None:
    layers = [
        [f"Linear(2, {w})", between.format(width=w), "Tanh", f"Linear({w}, 2)"] for w in (4, 6)
    ]
    plans = plans_of(written(tmp_path), *layers)
    assert len({padding_key(plan) for plan in plans}) == 2


def test_padding_can_be_left_out_and_needs_a_training_that_is_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    file = written(tmp_path)
    asked: list[Any] = []
    monkeypatch.setattr(cf, "measure_block_sizes", lambda *given: asked.append(given))
    results = sweep(read_sweep(file), tmp_path / "short", quiet=True)
    assert len({trial.block for trial in results.trials}) == 3
    long = ["run.epochs=200", "sweep.padding=false", "sweep.block=8"]
    results = sweep(read_sweep(file, long), tmp_path / "long", quiet=True)
    assert len({trial.block for trial in results.trials}) == 3
    assert not asked


def test_a_measurement_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    changes = ["run.epochs=200", "sweep.block=8", "run.batch_size=20"]
    for together, blocks in ((1.0, 1), (9.0, 3)):

        def measure(build: Any, sizes: list[int], batch: int, seconds: float = together) -> Any:
            (size,) = sizes
            model = build(range(size)).model
            assert model.replicas == (size,)
            assert batch == 20
            return {size: (seconds if size == 6 else 2.0) / size}

        monkeypatch.setattr(cf, "measure_block_sizes", measure)
        folder = tmp_path / str(blocks)
        results = sweep(read_sweep(written(tmp_path), changes), folder, quiet=True)
        assert len({trial.block for trial in results.trials}) == blocks


@pytest.mark.parametrize(("limit", "most"), [("block=2", 2), ("memory_mib=0.0001", 1)])
def test_what_is_measured_is_no_larger_than_what_may_be_trained(
    limit: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    measured: list[int] = []

    def measure(build: Any, sizes: list[int], batch: int) -> Any:
        measured.extend(sizes)
        return dict.fromkeys(sizes, 1.0)

    monkeypatch.setattr(cf, "measure_block_sizes", measure)
    changes = ["run.epochs=200", "sweep.block=8", f"sweep.{limit}"]
    sweep(read_sweep(written(tmp_path), changes), tmp_path / "sweep", quiet=True)
    assert max(measured) == most
