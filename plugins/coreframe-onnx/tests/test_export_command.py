"""coreframe export, in processes of its own, on runs that were trained."""

import csv
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import coreframe as cf
from coreframe_onnx import export_run

for plugin in ("activations", "datasets", "linear", "losses", "optimizers", "runs"):
    pytest.importorskip(f"coreframe_{plugin}")

RUN = """\
[data]
name = "Table"
path = "fruits.csv"
target = "{target}"
missing = "mean"
standardize = {standardize}
{more}

[model]
layers = [{layers}]

[loss]
name = "{loss}"

[optimizer]
name = "AdamW"
lr = 0.02

[run]
epochs = 6
batch_size = 4
checkpoint_seconds = 0.0
"""

FRUITS = {"target": "fruit", "standardize": "true", "loss": "CrossEntropy", "more": ""}
LAYERS = '"Linear(7, 8)", "Tanh", "Linear(8, 3)"'


class Folder:
    """Where a run is trained, and commands are given."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copy(str(files("coreframe_datasets") / "fruits.csv"), path / "fruits.csv")

    def coreframe(
        self, *arguments: str, paths: str = "", code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(Path(sysconfig.get_path("scripts")) / "coreframe")]
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.path,
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def train(self, *, layers: str = LAYERS, paths: str = "", **changes: str) -> None:
        text = RUN.format(layers=layers, **{**FRUITS, **changes})
        (self.path / "fruits.toml").write_text(text)
        if paths:
            self.coreframe("train", "fruits.toml", "--quiet", paths=paths)
        else:
            self.train_into("runs/fruits")

    def train_into(self, folder: str, *changes: str) -> None:
        from coreframe_runs import read_plan, train_run

        plan = read_plan(self.path / "fruits.toml", changes)
        train_run(plan, self.path / folder, quiet=True)

    def predicted(self, *options: str) -> tuple[list[str], list[list[str]]]:
        out = self.coreframe("predict", "runs/fruits", "fruits.csv", *options).stdout
        heading, *rows = csv.reader(out.splitlines())
        return heading, rows

    def probabilities(self, *options: str) -> np.ndarray:
        _, rows = self.predicted(*options)
        return np.array([[float(p) for p in row[1:]] for row in rows])

    def session(self) -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(self.path / "m.onnx")

    def numbers(self) -> np.ndarray:
        """The rows of the file as the metadata say that the graph takes them."""
        encoding = json.loads(self.session().get_modelmeta().custom_metadata_map["encoding"])
        with (self.path / "fruits.csv").open() as file:
            rows = list(csv.DictReader(file))
        table = [[number(row, name) for name in encoding["inputs"]] for row in rows]
        return np.array(table, np.float32)


def number(row: dict[str, str], name: str) -> float:
    column, is_category, category = name.partition("=")
    text = row[column]
    if not text:
        return np.nan
    if is_category:
        return float(text == category)
    return {"true": 1.0, "false": 0.0}[text] if text in ("true", "false") else float(text)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize("standardize", ["true", "false"])
def test_the_file_gives_what_predict_prints(folder: Folder, standardize: str) -> None:
    folder.train(standardize=standardize)
    done = folder.coreframe("export", "runs/fruits", "m.onnx")
    assert done.stdout.startswith("m.onnx is written; onnxruntime is off by at most ")
    assert done.stderr == ""
    session = folder.session()
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    heading, rows = folder.predicted()
    x = folder.numbers()
    assert np.isnan(x).any()
    _, probabilities = session.run(None, {"input": x})
    assert heading == ["prediction", *(f"probability of {name}" for name in classes)]
    assert [classes[i] for i in probabilities.argmax(-1)] == [row[0] for row in rows]
    wanted = np.array([[float(p) for p in row[1:]] for row in rows])
    np.testing.assert_allclose(probabilities, wanted, rtol=1e-5, atol=1e-5)


def test_regression_has_an_output_alone(folder: Folder) -> None:
    folder.train(
        target="length", loss="MSE", layers='"Linear(9, 4)", "Tanh", "Linear(4, 1)"', more=""
    )
    folder.coreframe("export", "runs/fruits", "m.onnx")
    assert "classes" not in folder.session().get_modelmeta().custom_metadata_map
    (output,) = folder.session().run(None, {"input": folder.numbers()})
    _, rows = folder.predicted()
    np.testing.assert_allclose(output, np.array(rows, np.float64), rtol=1e-5, atol=1e-5)


@pytest.mark.long
def test_the_checkpoint_can_be_chosen(folder: Folder) -> None:
    folder.train()
    folder.train_into("other", "run.seed=1")
    run, other = folder.path / "runs/fruits", folder.path / "other"
    checkpoints = run / "checkpoints"
    for name in ("best", "previous"):
        shutil.copy(other / "checkpoints/last.safetensors", checkpoints / f"{name}.safetensors")
    found = {}
    for chosen in ("best", "last", "previous", None):
        export_run(run, folder.path / "m.onnx", checkpoint=chosen)
        _, found[chosen] = folder.session().run(None, {"input": folder.numbers()})
    np.testing.assert_allclose(found["last"], folder.probabilities("--last"), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found["best"], folder.probabilities(), rtol=1e-5, atol=1e-5)
    assert not np.allclose(found["best"], found["last"], atol=1e-3)
    assert np.array_equal(found["best"], found["previous"])
    assert np.array_equal(found["best"], found[None])
    folder.coreframe("export", "runs/fruits", "m.onnx", "--checkpoint", "last")
    _, probabilities = folder.session().run(None, {"input": folder.numbers()})
    assert np.array_equal(probabilities, found["last"])


def test_a_checkpoint_that_is_not_there_or_damaged_is_told_with_the_others(folder: Folder) -> None:
    folder.train()
    run, checkpoints = folder.path / "runs/fruits", folder.path / "runs/fruits/checkpoints"
    (checkpoints / "best.safetensors").unlink()
    says = "has no checkpoint 'best'; --checkpoint may be last, previous"
    with pytest.raises(cf.CheckpointError, match=says):
        export_run(run, folder.path / "m.onnx", checkpoint="best")
    export_run(run, folder.path / "m.onnx")
    (checkpoints / "last.safetensors").write_bytes(b"damaged")
    with pytest.raises(cf.CheckpointError, match=r"; --checkpoint may be previous$"):
        export_run(run, folder.path / "m.onnx")
    shutil.rmtree(checkpoints)
    done = folder.coreframe("export", "runs/fruits", "m.onnx", code=1)
    assert "there is no checkpoint in runs/fruits" in done.stderr


@pytest.mark.long
def test_a_run_can_be_exported_where_its_data_are_not(folder: Folder) -> None:
    folder.train()
    (folder.path / "fruits.csv").rename(folder.path / "moved.csv")
    done = folder.coreframe("export", "runs/fruits", "m.onnx", code=1)
    assert "what a sample is like is not known without the data" in done.stderr
    assert "--input-shape says it" in done.stderr
    assert not (folder.path / "m.onnx").exists()
    folder.coreframe("export", "runs/fruits", "m.onnx", "--input-shape", "7")
    (folder.path / "moved.csv").rename(folder.path / "fruits.csv")
    _, probabilities = folder.session().run(None, {"input": folder.numbers()})
    np.testing.assert_allclose(probabilities, folder.probabilities(), rtol=1e-5, atol=1e-5)
    for shape in ("7,x", "0"):
        done = folder.coreframe("export", "runs/fruits", "m.onnx", f"--input-shape={shape}", code=2)
        assert "must be positive integers with commas between" in done.stderr


@pytest.mark.long
def test_mistakes_are_told_in_a_sentence(folder: Folder) -> None:
    folder.train()
    done = folder.coreframe("export", "nowhere", "m.onnx", code=1)
    assert done.stderr == "Error: nowhere is no folder of a run: it has no run.toml\n"
    done = folder.coreframe("export", "runs/fruits", "runs", code=1)
    assert done.stderr == "Error: runs cannot be written: it is a folder; name a file in it\n"
    done = folder.coreframe("export", "runs/fruits", "m.onnx", "--tolerance", "1e-12", code=1)
    assert "onnxruntime gives another" in done.stderr
    assert not list(folder.path.rglob("*.onnx*"))


def test_damaged_files_of_a_run_are_named(folder: Folder) -> None:
    folder.train()
    run, path = folder.path / "runs/fruits", folder.path / "m.onnx"
    path.write_text("a file that is replaced")
    export_run(run, path)
    folder.session()
    for name, text, says in (
        ("encoding.json", "{", "encoding.json cannot be read"),
        ("encoding.json", "[]", "encoding.json is no encoding"),
        ("encoding.json", '{"a": 1}', "this is no encoding of a table"),
        ("run.toml", "=", "run.toml cannot be read"),
        ("run.toml", "data = 1", "run.toml has no data.name"),
    ):
        (run / name).write_text(text)
        with pytest.raises(cf.ArgumentError, match=says):
            export_run(run, path)


SILENT = """
from coreframe import Module


class Silent(Module):
    def forward(self, x):
        self.save()
        return x

    def backward(self, dy):
        self.saved()
        return dy
"""


def test_a_layer_without_an_export_is_named_with_its_place(folder: Folder) -> None:
    site = folder.path / "site"
    info = site / "coreframe_silent-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "coreframe_silent.py").write_text(SILENT)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: coreframe-silent\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[coreframe.modules]\nSilent = coreframe_silent:Silent\n"
    )
    layers = '"Linear(7, 4)", "Sequential(Tanh, Silent)", "Linear(4, 3)"'
    folder.train(layers=layers, paths=str(site))
    done = folder.coreframe("export", "runs/fruits", "m.onnx", paths=str(site), code=1)
    assert "Silent() at 1.1 does not say its export: add a method `export(" in done.stderr
    assert not (folder.path / "m.onnx").exists()
