"""Checkpoints: training goes on from the file bit for bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Descent, Points, Square, SumOfSquares

import coreframe as cf

SPECS = ["Affine(2, 5)", "Noise", "RunningMean(5)", "Square", "Affine(5, 2)"]
OWN_GAINS = ["Affine(2, 5, gain=[0.5, 1.0, 1.5])", *SPECS[1:]]
SEVERAL: dict[str, Any] = {"lr": [0.0001, 0.0002, 0.0003], "momentum": [0.0, 0.5, 0.9]}
CASES = [
    pytest.param(SPECS, {"seed": 4}, {"lr": 0.001, "momentum": 0.5}, id="lone"),
    pytest.param(SPECS, {"seeds": [4]}, {"lr": 0.001, "momentum": 0.5}, id="one"),
    pytest.param(OWN_GAINS, {"seeds": [4, 5, 4]}, SEVERAL, id="population"),
    pytest.param(OWN_GAINS, {"seeds": range(3), "dtype": torch.float64}, SEVERAL, id="double"),
    pytest.param(SPECS, {"seed": 2**63}, {"lr": 0.001}, id="large-seed"),
    pytest.param("Affine(2, 2)", {"seed": -1}, {"lr": 0.001}, id="single-layer"),
]


def train(model: cf.Module, optimizer: cf.Optimizer) -> cf.History:
    return cf.train_model(
        model, Points(21), SumOfSquares(), optimizer, epochs=2, batch_size=4, log=True
    )


def everything(model: cf.Module, optimizer: cf.Optimizer) -> dict[str, torch.Tensor]:
    state = {f"model {name}": value for name, value in model.state().items()}
    state |= {f"optimizer {name}": value for name, value in optimizer.state().items()}
    return state | {f"random {name}": value for name, value in model.random.state().items()}


def expect_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert value.dtype == other[name].dtype
        assert torch.equal(value, other[name]), name


@pytest.mark.parametrize(("specs", "making", "settings"), CASES)
def test_training_goes_on_bit_for_bit(
    tmp_path: Path, specs: Any, making: dict[str, Any], settings: dict[str, Any]
) -> None:
    model = cf.assemble(specs, **making)
    optimizer = Descent(model, **settings)
    train(model, optimizer)
    cf.save_checkpoint(tmp_path / "run.safetensors", model, optimizer)

    loaded = cf.load_checkpoint(str(tmp_path / "run.safetensors"))
    assert loaded.optimizer is not None
    assert repr(loaded.model) == repr(model)
    assert repr(loaded.optimizer) == repr(optimizer)
    assert loaded.model.random.seeds == model.random.seeds
    expect_equal(everything(loaded.model, loaded.optimizer), everything(model, optimizer))

    wanted, found = train(model, optimizer), train(loaded.model, loaded.optimizer)
    assert wanted.loss.isfinite().all()
    for name, values in vars(wanted).items():
        if values is not None:
            assert torch.equal(values, getattr(found, name)), name
    expect_equal(everything(loaded.model, loaded.optimizer), everything(model, optimizer))


def test_a_selected_population_goes_on_bit_for_bit(tmp_path: Path) -> None:
    model = cf.assemble(OWN_GAINS, seeds=[4, 5, 6])
    optimizer = Descent(model, **SEVERAL)
    train(model, optimizer)
    model.select([2, 0])
    optimizer.select([2, 0])
    cf.save_checkpoint(tmp_path / "run", model, optimizer)
    loaded = cf.load_checkpoint(tmp_path / "run")
    assert loaded.optimizer is not None
    assert torch.equal(train(loaded.model, loaded.optimizer).loss, train(model, optimizer).loss)


def test_saving_changes_nothing(tmp_path: Path) -> None:
    runs = []
    for save in (False, True):
        model = cf.assemble(SPECS, seeds=[1, 2])
        optimizer = Descent(model, 0.001)
        if save:
            cf.save_checkpoint(tmp_path / "run", model, optimizer)
        runs.append(train(model, optimizer).loss)
    assert torch.equal(*runs)


def test_a_model_alone(tmp_path: Path) -> None:
    model = cf.assemble(SPECS, seed=1)
    cf.save_checkpoint(tmp_path / "run", model)
    loaded = cf.load_checkpoint(tmp_path / "run")
    assert loaded.optimizer is None
    expect_equal(loaded.model.state(), model.state())


def test_a_model_without_parameters(tmp_path: Path) -> None:
    cf.save_checkpoint(tmp_path / "run", cf.assemble(["Square"], seeds=[1, 2]))
    loaded = cf.load_checkpoint(tmp_path / "run").model
    assert (repr(loaded), loaded.replicas) == ("Sequential(Square())", (2,))


def test_a_model_made_by_hand(tmp_path: Path) -> None:
    model = cf.assemble(cf.Sequential(Affine(2, 3), Square()), seed=1)
    cf.save_checkpoint(tmp_path / "run", model)
    expect_equal(cf.load_checkpoint(tmp_path / "run").model.state(), model.state())


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_kept(tmp_path: Path, training: bool) -> None:
    model = cf.assemble(SPECS, seed=1)
    cf.save_checkpoint(tmp_path / "run", model.train() if training else model.eval())
    loaded = cf.load_checkpoint(tmp_path / "run").model
    assert {module.training for _, module in loaded.named_modules()} == {training}


def test_the_mode_of_each_layer_is_kept(tmp_path: Path) -> None:
    model = cf.assemble(["Affine(2, 2)", "Sequential(Noise, Square)", "Noise"], seed=1).train()
    modes = dict(model.named_modules())
    modes["1"].eval()
    cf.save_checkpoint(tmp_path / "run", model)
    loaded = cf.load_checkpoint(tmp_path / "run").model
    found = {name: module.training for name, module in loaded.named_modules()}
    assert found == {name: module.training for name, module in modes.items()}
    assert [name for name, training in found.items() if not training] == ["1", "1.0", "1.1"]


@pytest.mark.parametrize("making", [{"seed": 1}, {"seeds": [1, 2], "dtype": torch.float64}])
def test_saving_a_layer_of_a_model_changes_nothing_in_the_model(
    tmp_path: Path, making: dict[str, Any]
) -> None:
    model = cf.assemble(SPECS, **making)
    optimizer = Descent(model, 0.001, momentum=0.5)
    train(model, optimizer)
    before = everything(model, optimizer)
    layer = model.children()["4"]
    cf.save_checkpoint(tmp_path / "layer", layer)

    loaded = cf.load_checkpoint(tmp_path / "layer").model
    assert repr(loaded) == repr(layer)
    expect_equal(loaded.state(), layer.state())
    assert layer.is_part
    expect_equal(everything(model, optimizer), before)
    assert train(model, optimizer).loss.isfinite().all()  # the optimizer has not gone stale


def test_settings_of_a_thousand_replicas(tmp_path: Path) -> None:
    numbers = [0.001 + replica / 7e5 for replica in range(1000)]
    model = cf.assemble([Affine(2, 2, gain=numbers) for _ in range(4)], seeds=range(1000))
    cf.save_checkpoint(tmp_path / "run", model, Descent(model, numbers))
    loaded = cf.load_checkpoint(tmp_path / "run")
    assert repr(loaded.model) == repr(model)


def test_a_second_save_replaces_the_first_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for seed in (1, 2):
        cf.save_checkpoint(tmp_path / "run", cf.assemble(SPECS, seed=seed))
    assert cf.load_checkpoint(tmp_path / "run").model.random.seeds == 2
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
