"""A sweep's file is checked whole: each mistake with its key and the nearest right name."""

from pathlib import Path

import pytest

from coreframe_runs import RunFileError, read_plan
from coreframe_search import read_sweep
from coreframe_search.checks import check_sweep

MOONS = """\
name = "Moons"
samples = 150

[model]
layers = ["Linear(2, 6)",\
"""
CANCER = MOONS.replace("Moons", "BreastCancer").replace("samples = 150", "validation = 0.0")
CANCER = CANCER.replace("Linear(2", "Linear(30")


def mistakes_of(
    path: Path, text: str, *changes: str, space: tuple[str, ...] = ()
) -> dict[str, str]:
    path.write_text(text)
    with pytest.raises(RunFileError) as error:
        check_sweep(read_sweep(path, changes, space))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    return error.value.mistakes


def test_all_mistakes_of_form_are_told_at_once(sweep_file: Path) -> None:
    text = sweep_file.read_text().replace('sampler = "grid"', 'sampler = "tpee"\ntrails = 3')
    text = text.replace("epochs = 3", 'epochs = "three"')
    text += (
        "optimiser.lr = [0.1]\nrun.batchsize = [8, 16]\nschedule.x = []\nrun.threads = [1, 2]\n"
        '"model.layers[9].gain" = [1.0]\ndata.noise = {lo = 0.0, high = 1.0}\n'
        "loss.smoothing = {low = 1.0, high = 0.5}\nrun.seed = {low = 1, high = 9, count = 1}\n"
        "optimizer.momentum = {low = 0.0, high = 0.9, log = true}\nrun.epochs = [3, 3]\n"
        "optimizer.weight_decay = 3\n"
    )
    assert mistakes_of(sweep_file, text) == {
        "run.epochs": "must be an integer, got 'three'",
        "sweep.trails": "there is no such setting; did you mean trials?",
        "sweep.sampler": "there is no 'tpee'; did you mean tpe?",
        "sweep.space.data.noise.low": "is missing",
        "sweep.space.data.noise.lo": "there is no such key; did you mean low?",
        "sweep.space.loss.smoothing": "low must be less than high, got 1.0 and 0.5",
        "sweep.space.run.seed": "count must be a whole number from 2 to 100000, got 1",
        "sweep.space.optimizer.momentum": "with log, low must be above 0, got 0.0",
        "sweep.space.run.epochs": "has 3 twice",
        "sweep.space.optimizer.weight_decay": (
            "must be a list of values, or a table of low and high, got 3"
        ),
        "sweep.space.schedule.x": "the list has no value",
        "sweep.space.optimiser.lr": "there is no section optimiser; did you mean optimizer?",
        "sweep.space.run.batchsize": "there is no such setting; did you mean batch_size?",
        "sweep.space.run.threads": "changes no figure of a trial",
    }


def test_all_values_that_are_refused_are_told_at_once(sweep_file: Path) -> None:
    text = sweep_file.read_text().replace("[0.02, 0.1, 0.5]", "[0.02, -1.0]") + (
        'optimizer.momentun = [0.5]\nrun.batch_size = [8, 0]\ndata.samples = [100, "many"]\n'
        '"model.layers[*].gian" = [1.0, 2.0]\n"model.layers[0].out_size" = [6, 0]\n'
        '"model.layers[1]" = ["Tanh", "Tahn"]\n"model.layers[9].gain" = [1.0]\n'
        'schedule.name = ["Cosine", "Cosin"]\nrun.dtype = ["float64", "float16"]\n'
    )
    found = mistakes_of(sweep_file, text)
    expected = {
        "optimizer.lr": "the value -1.0: lr must be",
        "optimizer.momentun": "the value 0.5: SGD has no such argument; did you mean momentum?",
        "run.batch_size": "the value 0: must be an integer from 1, got 0",
        "data.samples": "the value 'many': Moons: samples must be",
        "model.layers[*].gian": "the value 1.0: no layer has such argument; did you mean gain?",
        "model.layers[0].out_size": "the value 0: ",
        "model.layers[1]": "the value 'Tahn': ",
        "model.layers[9].gain": "the value 1.0: there are layers 0 to 3 only",
        "schedule.name": "the value 'Cosin': ",
        "run.dtype": "the value 'float16': must be float32 or float64",
    }
    assert found.keys() == {f"sweep.space.{path}" for path in expected}
    for path, says in expected.items():
        assert found[f"sweep.space.{path}"].startswith(says), found[f"sweep.space.{path}"]
    assert "did you mean Tanh" in found["sweep.space.model.layers[1]"]


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("optimizer.lr = [0.02, 0.1, 0.5]", "", "sweep.space", "has no setting to search"),
        ("[sweep.space]", "[sweep.spade]", "sweep.spade", "did you mean space?"),
        ("[0.02, 0.1, 0.5]", "{low = 0.1, high = 0.2}", "sweep.space.optimizer.lr", "a grid needs"),
        ('sampler = "grid"', 'objective = "validation_acuracy"', "sweep.objective", "did you mean"),
        ('sampler = "grid"', "folds = 1", "sweep.folds", "at least 2"),
        ('sampler = "grid"', "folds = 400", "sweep.folds", "can make 2 to"),
        (MOONS, CANCER, "sweep.objective", "needs a validation split"),
        ("samples = 150", "samples = -150", "data", "samples"),
        ("[0.02, 0.1, 0.5]", "[1979-05-27]", "sweep.space.optimizer.lr", "no finite number"),
        ('[sweep]\nsampler = "grid"\n', "[sweep]\nspace = 3\n", "file", "cannot be read"),
        ("[data]", "sweep = 3\n[data]", "file", "cannot be read"),
    ],
)
def test_a_mistake_is_told_with_its_key(
    sweep_file: Path, old: str, new: str, key: str, says: str
) -> None:
    assert old in sweep_file.read_text()
    found = mistakes_of(sweep_file, sweep_file.read_text().replace(old, new))
    assert says in found[key]


def test_values_may_be_given_from_outside(sweep_file: Path) -> None:
    plan = read_sweep(
        sweep_file,
        ["sweep.trials=2", "sweep.space.run.seed=[1, 2]", "run.epochs=9"],
        ["optimizer.momentum={low=0.0, high=0.8, step=0.4}"],
    )
    assert list(plan.space) == ["optimizer.lr", "run.seed", "optimizer.momentum"]
    assert plan.grid_values("optimizer.momentum") == (0.0, 0.4, 0.8)
    assert (plan.trials, plan.grid_size, plan.base.settings.epochs) == (2, 18, 9)
    found = mistakes_of(sweep_file, sweep_file.read_text(), space=("lr", "optimizer.lr=[1"))
    assert found["--space lr"] == "must be of the form optimizer.lr=[0.01, 0.1]"
    assert "--space optimizer.lr=[1" in found


def test_a_trial_has_its_settings_and_is_a_run_file(sweep_file: Path, tmp_path: Path) -> None:
    plan = read_sweep(sweep_file)
    trial = plan.plan(
        {
            "model.layers[*].gain": 2.0,
            "model.layers[0].out_size": 7,
            "model.layers[3]": "Linear(7, 2)",
            "optimizer": {"name": "Adam", "lr": 0.5},
            "optimizer.lr": 0.25,
            "run.seed": 5,
        }
    )
    assert trial.layers == [
        "Linear(2, 7, gain=2.0)",
        "Tanh",
        "Dropout(0.1)",
        "Linear(7, 2, gain=2.0)",
    ]
    assert trial.components["optimizer"] == {"name": "Adam", "lr": 0.25}
    assert trial.settings.seed == 5
    again = tmp_path / "again.toml"
    again.write_text(trial.toml)
    assert read_plan(again).components == trial.components


def test_the_resolved_file_says_the_same(sweep_file: Path, tmp_path: Path) -> None:
    spaces = ["optimizer.momentum={low=0.1, high=0.8, count=3}", 'model.layers=[["ReLU"]]']
    plan = read_sweep(sweep_file, ["sweep.folds=3"], spaces)
    (tmp_path / "sweep.toml").write_text(plan.toml)
    again = read_sweep(tmp_path / "sweep.toml")
    assert again.space == plan.space
    assert again.name == plan.name == "moons"
    assert again.identity == plan.identity
    assert again.settings.folds == 3


def test_ranges_are_whole_only_if_all_their_numbers_are(sweep_file: Path) -> None:
    spaces = ["run.epochs={low=1, high=9, step=4}", "optimizer.momentum={low=0, high=0.5}"]
    plan = read_sweep(sweep_file, ["sweep.sampler=tpe"], spaces)
    assert plan.space["run.epochs"].tried == (1, 9)
    assert plan.grid_values("run.epochs") == (1, 5, 9)
    assert repr(plan.space["optimizer.momentum"].tried) == "(0.0, 0.5)"
    spread = read_sweep(sweep_file, [], ["optimizer.lr={low=0.001, high=1, log=true, count=4}"])
    assert spread.grid_values("optimizer.lr") == pytest.approx((0.001, 0.01, 0.1, 1.0))


def test_what_every_trial_sets_need_not_stand_in_the_file(sweep_file: Path) -> None:
    sweep_file.write_text(sweep_file.read_text().replace("lr = 0.1\n", ""))
    check_sweep(read_sweep(sweep_file, [], ["optimizer.momentum=[0.0, 0.5]"]))
    found = mistakes_of(
        sweep_file, sweep_file.read_text(), space=("optimizer.momentum=[0.0, 1.5]",)
    )
    assert found.keys() == {"sweep.space.optimizer.momentum"}


def test_a_study_is_the_same_where_its_data_lie_elsewhere(sweep_file: Path, tmp_path: Path) -> None:
    changes = ["data.name=Table", "data.target=y", "data.path=rows.csv"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "moons.toml").write_text(sweep_file.read_text())
    one = read_sweep(sweep_file, changes)
    other = read_sweep(tmp_path / "other" / "moons.toml", [*changes, "run.threads=3"])
    assert one.base.components["data"]["path"] != other.base.components["data"]["path"]
    assert one.identity == other.identity
    third = read_sweep(sweep_file, [*changes[:-1], "data.path=more.csv"])
    assert one.identity != third.identity
