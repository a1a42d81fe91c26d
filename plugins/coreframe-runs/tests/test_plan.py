"""A run file is checked whole: each mistake with its key and the nearest right name."""

from pathlib import Path

import pytest

from coreframe_runs import RunFileError, build_parts, read_plan


def mistakes_of(path: Path, text: str, *changes: str) -> dict[str, str]:
    path.write_text(text)
    with pytest.raises(RunFileError) as error:
        build_parts(read_plan(path, changes))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    return error.value.mistakes


def test_all_mistakes_of_form_are_told_at_once(run_file: Path) -> None:
    text = run_file.read_text()
    text = text.replace("[loss]", "[los]").replace("epochs = 6", 'epochs = "six"\nbatchsize = 3')
    text = text.replace('layers = ["', 'layer = ["').replace('name = "SGD"', "name = 3")
    assert mistakes_of(run_file, text) == {
        "los": "there is no such section; did you mean loss?",
        "loss": "the section is missing",
        "optimizer.name": "must be the name of a component, got 3",
        "model.layer": "there is no such setting; did you mean layers?",
        "model.layers": "must be a list of specs, got None",
        "run.epochs": "must be an integer, got 'six'",
        "run.batchsize": "there is no such setting; did you mean batch_size?",
    }


def test_all_mistakes_of_names_and_arguments_are_told_at_once(run_file: Path) -> None:
    text = run_file.read_text()
    text = text.replace('"Moons"', '"Mons"').replace("lr = 0.05", "lrr = 0.05")
    text = text.replace('"CrossEntropy"', '"CrossEntropie"').replace("Linear(8, 2)", "Linear(8")
    text = text.replace('"Tanh"', '"Tahn"').replace('"Cosine"', '"Cosin"')
    found = mistakes_of(run_file, text)
    assert list(found) == [
        "data.name",
        "loss.name",
        "schedule.name",
        "model.layers[1]",
        "model.layers[3]",
        "optimizer.lrr",
    ]
    assert "did you mean Moons" in found["data.name"]
    assert "did you mean CrossEntropy" in found["loss.name"]
    assert "did you mean Tanh" in found["model.layers[1]"]
    assert found["optimizer.lrr"] == "SGD has no such argument; did you mean lr?"


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("lr = 0.05", "lr = -1", "optimizer", "lr"),
        ("lr = 0.05", 'lr = "fast"', "optimizer", "lr must be"),
        ("samples = 200", "samples = -2", "data", "samples"),
        ("Linear(2, 8)", "Linear(3, 8)", "model.layers", "takes 3 features"),
        ("Linear(8, 2)", "Linear(8, 2), ReLU(", "model.layers[3]", "not a spec"),
        ("Tanh", "Linear(9, 9)", "model.layers", "9 features"),
        ("Linear(8, 2)", "Linear(8, 1)", "loss", "CrossEntropy"),
        ("epochs = 6", "epochs = 0", "run.epochs", "an integer from 1, got 0"),
        ("epochs = 6", "clip_norm = -1", "run.clip_norm", "must not be negative"),
        ("epochs = 6", 'dtype = "int8"', "run.dtype", "float32 or float64"),
        ("epochs = 6", 'device = "abacus"', "run.device", "abacus"),
        ("epochs = 6", 'monitor = "validation_los"', "run.monitor", "did you mean validation_loss"),
        ("epochs = 6", "epochs = 1" + "0" * 20, "run.epochs", "an integer from 1"),
        ("epochs = 6", "threads = 99999", "run.threads", "must be less than 1024"),
        ("epochs = 6", 'device = "meta"', "run.device", "no numbers to train with"),
        ("epochs = 6", "clip_norm = 1" + "0" * 400, "run.clip_norm", "larger than any number"),
        ("lr = 0.05", "lr = 1" + "0" * 400, "optimizer", "OverflowError: int too large"),
        ("epochs = 6", "epochs = " + "9" * 5000, "file", "cannot be read"),
        ("samples = 200", "seed = [1, 2]", "data", "it has samples for 2 models"),
        ("samples = 200", "seed = 1979-05-27", "data", "seed"),
        ('"Moons"', '"."', "data.name", "must be the name of a component"),
        ("[data]", "[data", "file", "cannot be read"),
        ("[data]", "run = 3\n[data]", "file", "cannot be read"),
        ("[run]", "[[run]]", "run", "must be a section, written [run]"),
    ],
)
def test_a_mistake_is_told_with_its_key(
    run_file: Path, old: str, new: str, key: str, says: str
) -> None:
    found = mistakes_of(run_file, run_file.read_text().replace(old, new))
    assert says in found[key]


def test_settings_may_be_changed_from_outside(run_file: Path) -> None:
    changes = ["optimizer.lr=0.5", "run.epochs=2", "data.name=Circles", "schedule.name=Step"]
    plan = read_plan(run_file, [*changes, "schedule.epochs=3"])
    assert plan.components["optimizer"]["lr"] == 0.5
    assert plan.components["data"]["name"] == "Circles"
    assert plan.components["schedule"] == {"name": "Step", "epochs": 3}
    assert plan.settings.epochs == 2
    found = mistakes_of(run_file, run_file.read_text(), "lr=3", "run.epoch=2")
    odd = mistakes_of(run_file, run_file.read_text(), ".x=1", "optimizer.lr=1\nx = 2")
    assert odd["--set .x=1"] == "must be of the form optimizer.lr=0.1"
    assert odd["--set optimizer.lr"] == "must be one value in one line"
    assert found["--set lr=3"] == "must be of the form optimizer.lr=0.1"
    assert "did you mean epochs?" in found["run.epoch"]


def test_the_resolved_file_says_the_same(run_file: Path, tmp_path: Path) -> None:
    plan = read_plan(run_file, ["run.clip_norm=2"])
    again = tmp_path / "again.toml"
    again.write_text(plan.toml)
    resolved = read_plan(again)
    assert resolved.components == plan.components
    assert resolved.layers == plan.layers
    assert resolved.settings == plan.settings
    assert "accumulate = 1" in plan.toml


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match=r"gone\.toml has a mistake: file: cannot be read"):
        read_plan(tmp_path / "gone.toml")


def test_a_distribution_may_be_named_as_pip_spells_it(run_file: Path) -> None:
    plan = read_plan(run_file, ["data.name=coreframe-datasets.Moons"])
    assert repr(build_parts(plan).data).startswith("coreframe_datasets.Moons(")


def test_a_path_is_meant_from_the_run_file(run_file: Path) -> None:
    plan = read_plan(run_file, ["data.name=Table", "data.path=a/b.csv"])
    assert plan.components["data"]["path"] == str(run_file.parent / "a" / "b.csv")


def test_a_section_for_other_commands_is_left_to_them(run_file: Path) -> None:
    text = run_file.read_text()
    run_file.write_text(text + "\n[sweep]\ntrials = 3\n")
    plan = read_plan(run_file)
    run_file.write_text(text)
    assert plan == read_plan(run_file)
    assert "sweep" not in plan.toml
    assert mistakes_of(run_file, "sweep = 3\n" + text)["sweep"] == (
        "must be a section, written [sweep]"
    )
