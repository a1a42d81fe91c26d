"""What Table refuses, in a sentence that says what, where and what to do."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyarrow import parquet

import coreframe as cf
from coreframe_datasets import Table

LABELS = ["a", "b"] * 10
CELLS = [f"{row},w{row % 3},{LABELS[row]}" for row in range(20)]


def refused(path: Path | str, target: Any = "y", **settings: Any) -> str:
    """The sentence in which a table is refused; it is the same whether it is loaded or streamed."""
    with pytest.raises(cf.ArgumentError) as raised:
        Table(str(path), target, stream=False, **settings)
    message = str(raised.value)
    assert "\n" not in message
    with pytest.raises(cf.ArgumentError) as streamed:
        Table(str(path), target, stream=True, **settings)
    assert str(streamed.value) == message
    assert not list(cache().glob(".*")), "nothing half-written stays"
    return message.replace(str(path), "FILE")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COREFRAME_CACHE", str(tmp_path / "cache"))


def cache() -> Path:
    return Path(os.environ["COREFRAME_CACHE"])


def csv_file(folder: Path, *lines: str, header: str = "x,word,y") -> Path:
    path = folder / "t.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def parquet_file(folder: Path, **columns: Any) -> Path:
    path = folder / "t.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


def npz_file(folder: Path, **arrays: Any) -> Path:
    path = folder / "t.npz"
    np.savez(path, **arrays)
    return path


def with_cell(row: int, text: str) -> list[str]:
    return [text if index == row else cells for index, cells in enumerate(CELLS)]


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(tmp_path / "t.csv") == "Table: there is no file 'FILE'"
    monkeypatch.chdir(tmp_path)
    assert refused("t.csv") == f"Table: there is no file 'FILE' in {tmp_path}"
    assert refused("x" * 5000 + ".csv").startswith("Table: FILE cannot be read: File name too long")


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "folder"])
def test_a_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert refused(tmp_path / name) == "Table: FILE is a folder, not a file"


@pytest.mark.parametrize("name", ["t.txt", "t.csv.gz", "t.npy", "csv", "t", ""])
def test_a_file_of_another_kind(tmp_path: Path, name: str) -> None:
    says = "Table reads files that end in .csv, .parquet or .npz, got "
    wanted = " is a folder, not a file" if not name else says
    assert wanted in refused(tmp_path / name)


@pytest.mark.parametrize("path", [None, 3, Path("t.csv"), b"t.csv"])
def test_a_path_that_is_no_string(path: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="path must be a string, got"):
        Table(path, "y")


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_an_empty_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    path.touch()
    assert refused(path) == "Table: FILE is empty"


def test_a_csv_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\n\n", encoding="utf-8")
    assert refused(tmp_path / "t.csv") == "Table: FILE is empty"


def test_no_rows(tmp_path: Path) -> None:
    for path in (
        csv_file(tmp_path),
        parquet_file(tmp_path, x=pa.array([], pa.int64()), y=pa.array([], pa.string())),
        parquet_file(tmp_path, x=pa.array([], pa.string()), y=pa.array([], pa.null())),
        npz_file(tmp_path, x=np.ones((0, 2)), y=np.ones(0)),
    ):
        assert refused(path) == "Table: FILE has no rows"
    path.with_suffix(".csv").write_text("x,y", encoding="utf-8")
    assert refused(path.with_suffix(".csv")) == "Table: FILE has no rows"


def test_unknown_columns(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "1,2,3,a", header="width,height,depth,kind")
    says = "Table: FILE has no column 'kinds'; the nearest are 'kind'"
    assert refused(path, "kinds") == says
    assert refused(path, "kind", features=["width", "with"]).endswith("the nearest are 'width'")
    assert refused(path, ["kind", "q"]).endswith("it has 'width', 'height', 'depth', 'kind'")
    wide = npz_file(tmp_path, x=np.ones((2, 20)), y=np.ones(2))
    assert refused(wide, "z").endswith("'x.5', 'x.6', 'x.7', …")
    assert refused(wide, "y", features="x.20").startswith("Table: FILE has no column 'x.20'; the")


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_columns_of_one_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    if suffix == "csv":
        path.write_text("x,y,x\n1,2,3\n", encoding="utf-8")
    elif suffix == "parquet":
        parquet.write_table(pa.table([[1], [2], [3]], names=["x", "y", "x"]), path)
    else:
        arrays: dict[str, Any] = {"x": np.ones((3, 2)), "x.1": np.ones(3), "y": np.ones(3)}
        np.savez(path, **arrays)
    name = "x.1" if suffix == "npz" else "x"
    assert refused(path) == f"Table: FILE has two columns of the name '{name}'; rename one"


@pytest.mark.parametrize(
    ("target", "features", "says"),
    [
        ("y", ["x", "y"], "'y' is the target, and cannot be a feature"),
        (["x", "y"], "y", "'y' is the target, and cannot be a feature"),
        ("y", ["x", "x"], "features has 'x' twice"),
        (["y", "y"], None, "target has 'y' twice"),
        ("y", [], "features must be a column's name, or several, got []"),
        ([], None, "target must be a column's name, or several, got []"),
        (None, None, "target must be a column's name, or several, got None"),
        ("y", [1], "features must be a column's name, or several, got [1]"),
        ("y", 2, "features must be a column's name, or several, got 2"),
        (["x", "word", "y"], None, "FILE has no column beside the target"),
    ],
)
def test_roles(tmp_path: Path, target: Any, features: Any, says: str) -> None:
    message = refused(csv_file(tmp_path, *CELLS), target, features=features)
    assert message == f"Table: {says}"


@pytest.mark.parametrize("line", ["7,w1", "7,w1,a,b", "7"])
def test_a_ragged_line(tmp_path: Path, line: str) -> None:
    count = line.count(",") + 1
    says = f"Table: FILE has {count} values in line 9 for 3 columns"
    assert refused(csv_file(tmp_path, *with_cell(7, line))) == says
    assert refused(csv_file(tmp_path, *with_cell(7, line)), features="x") == says


@pytest.mark.parametrize("line", ['7,"w1,a', '7,w1,"a', '"7,w1,a'])
def test_a_quote_that_nothing_closes(tmp_path: Path, line: str) -> None:
    says = "Table: FILE has a quote after line 8 that nothing closes"
    assert refused(csv_file(tmp_path, *with_cell(7, line))) == says


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_marks_than_commas(tmp_path: Path, mark: str, word: str) -> None:
    path = csv_file(tmp_path, mark.join("123"), header=mark.join("xzy"))
    assert refused(path) == f"Table: FILE has {word} between its columns; Table takes commas"


def test_a_csv_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("é,y\n1,a\n".encode("latin-1"))
    assert refused(path) == "Table: FILE is no text in UTF-8"
    late = "word,y\n" + "w,a\n" * 5000 + "é,a\n"  # beyond what is read for the names
    path.write_bytes(late.encode("latin-1"))
    assert "has bytes that are no UTF-8 text in column 'word'" in refused(path)
    path.write_bytes("x,y\n1,a\n".encode("utf-16"))
    assert refused(path) == "Table: FILE is no text in UTF-8"


def test_a_column_without_a_name_is_no_feature_unasked(tmp_path: Path) -> None:
    path = csv_file(tmp_path, *CELLS, header=",word,y")
    says = "Table: FILE has no name over column 1, which may be an index: name the features"
    assert refused(path) == says
    assert Table(str(path), "y", features="word", repeated="dealt").encoding()["target"] == ["y"]


@pytest.mark.parametrize("cell", ["", "NA", "nan", "NULL"])
def test_missing_values(tmp_path: Path, cell: str) -> None:
    lines = with_cell(5, f"{cell},w1,a")
    says = "FILE, line 7, column 'x': the value is missing; missing=\"mean\" would fill it in"
    assert refused(csv_file(tmp_path, *lines)) == f"Table: {says}"
    lines = with_cell(5, f"1,{cell},a")
    assert "FILE, line 7, column 'word': the value is missing" in refused(
        csv_file(tmp_path, *lines)
    )
    lines = with_cell(5, f"1,w1,{cell}")
    for missing in ("refuse", "mean"):
        message = refused(csv_file(tmp_path, *lines), missing=missing)
        assert message == "Table: FILE, line 7, column 'y': the target is missing"


def test_missing_values_of_other_files(tmp_path: Path) -> None:
    numbers, words = [float(row) for row in range(20)], ["w", "v"] * 10
    path = parquet_file(tmp_path, x=[*numbers[:-1], None], y=LABELS)
    assert "FILE, row 20, column 'x': the value is missing" in refused(path)
    path = parquet_file(tmp_path, x=[math.nan, *numbers[1:]], y=LABELS)
    assert "FILE, row 1, column 'x': the value is missing" in refused(path)
    path = parquet_file(tmp_path, x=numbers, w=[*words[:2], None, *words[3:]], y=LABELS)
    assert "FILE, row 3, column 'w': the value is missing" in refused(path)
    path = npz_file(tmp_path, x=np.array([[1.0, 2.0], [3.0, math.nan]]), y=np.array(["a", "b"]))
    assert "FILE, row 2, column 'x.1': the value is missing" in refused(path)


def test_a_column_without_values(tmp_path: Path) -> None:
    lines = [f"{row},,{LABELS[row]}" for row in range(20)]
    assert "line 2, column 'word': the value is missing" in refused(csv_file(tmp_path, *lines))
    says = "Table: no training sample has a value in column 'word' to fill others with"
    assert refused(csv_file(tmp_path, *lines), missing="mean") == says
    path = parquet_file(tmp_path, x=pa.array([None] * 20, pa.string()), y=LABELS)
    assert refused(path, missing="mean") == "Table: FILE has no value in column 'x'"


@pytest.mark.parametrize("missing", ["refuse", "mean"])
def test_infinite_numbers(tmp_path: Path, missing: str) -> None:
    path = csv_file(tmp_path, *with_cell(3, "-inf,w1,a"))
    says = "Table: FILE, line 5, column 'x': -inf is infinite in torch.float32"
    assert refused(path, missing=missing) == says
    path = csv_file(tmp_path, *with_cell(3, "1e39,w1,a"))
    says = "Table: FILE, line 5, column 'x': 1e+39 overflows in torch.float32"
    assert refused(path, missing=missing) == says
    path = npz_file(tmp_path, x=np.ones(4), y=np.array([1, 2, math.inf, 3]))
    says = "Table: FILE, row 3, column 'y': the target inf is infinite in torch.float32"
    assert refused(path) == says
    assert refused(path, task="classification") == says


@pytest.mark.parametrize("text", ["12,5", "?", "3 cm", "1.2.3"])
def test_what_is_no_number_among_measurements(tmp_path: Path, text: str) -> None:
    lines = [f"{row}.5,w,{LABELS[row]}" for row in range(20)]
    lines[4] = f'"{text}",w,a'
    says = f"Table: FILE, line 6, column 'x': {text!r} is no number, as the others are"
    assert refused(csv_file(tmp_path, *lines)) == says
    assert refused(csv_file(tmp_path, *lines), "x", features="y") == says
    whole = with_cell(4, f'"{text}",w,a')
    assert refused(csv_file(tmp_path, *whole)) == says


def test_codes_among_which_are_letters_are_text(tmp_path: Path) -> None:
    lines = [f"{'0123+'[row % 4]}{'+' * (row % 4 == 3)},w{row},{LABELS[row]}" for row in range(20)]
    data = Table(str(csv_file(tmp_path, *lines)), "y")
    assert data.encoding()["inputs"][:4] == ["x=0", "x=1", "x=2", "x=3+"]


def test_dates_and_the_like(tmp_path: Path) -> None:
    lines = [f"2024-01-{row + 1:02},w,{LABELS[row]}" for row in range(20)]
    says = "Table: FILE has date32[day] in column 'x'; Table takes numbers, booleans and text"
    assert refused(csv_file(tmp_path, *lines)).startswith(says)
    assert Table(str(csv_file(tmp_path, *lines)), "y", features="word", repeated="dealt")
    path = parquet_file(tmp_path, x=[[1, 2]] * 20, y=LABELS)
    assert refused(path).startswith("Table: FILE has list<element: int64> in column 'x'; Table")
    path = parquet_file(tmp_path, x=[b"1"] * 20, y=LABELS)
    assert "bytes that are no UTF-8 text in column 'x'" in refused(path)


def test_more_categories_than_inputs_can_be(tmp_path: Path) -> None:
    path = parquet_file(
        tmp_path, name=[f"n{row}" for row in range(1001)], y=[True, *[False] * 1000]
    )
    says = "Table: FILE has more than 1000 different texts in column 'name', which are no "
    assert refused(path) == says + "categories: name the features without it"


def test_targets_that_are_no_classes_or_no_numbers(tmp_path: Path) -> None:
    path = csv_file(tmp_path, *CELLS)
    says = "Table: the target 'y' is text, and regression takes numbers"
    assert refused(path, task="regression") == says
    assert refused(path, ["x", "y"], features="word") == says
    says = "Table: the targets 'x' and 'y' cannot all be classes; classification takes one"
    assert refused(path, ["x", "y"], features="word", task="classification") == says
    says = "Table: one_hot is for classes, and these targets are numbers"
    assert refused(path, "x", task="regression", one_hot=True) == says


def test_integers_that_are_no_classes(tmp_path: Path) -> None:
    path = csv_file(tmp_path, *CELLS)
    says = (
        "FILE has the integer 0 only once among 20 classes in column 'x'; task=\"regression\" takes"
    )
    assert refused(path, "x") == f"Table: {says} integers as numbers"
    says = "Table: with these shares test gets none of class '0' of 1 samples"
    assert refused(path, "x", task="classification") == says


def test_one_class_alone(tmp_path: Path) -> None:
    path = csv_file(tmp_path, *[f"{row},w,a" for row in range(20)])
    assert refused(path) == "Table: FILE has one class alone in column 'y': 'a'"


def test_too_few_rows(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "1,v,a", "2,w,a", "3,v,b")
    assert refused(path) == "Table: with these shares test gets none of class 'a' of 2 samples"
    path = csv_file(tmp_path, "1,v,.5", "2,w,.25")
    assert refused(path) == "Table: with these shares test gets none of a table of 2 samples"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"task": "clustering"}, "task must be one of None, 'classification', 'regression', got"),
        ({"missing": "drop"}, "missing must be one of 'refuse', 'mean', got 'drop'"),
        ({"missing": None}, "missing must be one of 'refuse', 'mean', got None"),
        ({"repeated": "twice"}, "repeated must be one of 'train', 'dealt', got 'twice'"),
        ({"test": 0.0}, "test must be a finite number, positive, got 0.0"),
        ({"validation": 0.5, "test": 0.5}, "leave no share to train with"),
        ({"seed": []}, "seed needs at least one integer"),
        ({"seed": [1, "x"]}, "a seed must be an integer of 64 bits, got 'x'"),
    ],
    ids=str,
)
def test_bad_settings(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    message = refused(csv_file(tmp_path, *CELLS), **settings)
    assert message.startswith("Table: ")
    assert says in message


@pytest.mark.parametrize("suffix", ["parquet", "npz"])
@pytest.mark.parametrize("content", [b"junk", b"PK\x03\x04junkjunk", b"PAR1junkjunkPAR1"])
def test_damaged_files(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(content)
    kind = "Parquet" if suffix == "parquet" else "NPZ"
    assert refused(path).startswith(f"Table: FILE is no {kind} that can be read")


@pytest.mark.parametrize("suffix", ["parquet", "npz"])
def test_files_that_were_cut_or_altered(tmp_path: Path, suffix: str) -> None:
    numbers = np.random.default_rng(0).random(4000)
    made = parquet_file if suffix == "parquet" else npz_file
    path = made(tmp_path, x=numbers, y=numbers)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "that can be read" in refused(path)
    if suffix == "npz":  # its numbers have a sum to check them by
        path.write_bytes(whole[:9000] + bytes([whole[9000] ^ 1]) + whole[9001:])
        assert "that can be read" in refused(path)


def test_a_lone_array_is_no_npz(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", np.ones(3))
    (tmp_path / "t.npy").rename(tmp_path / "t.npz")
    says = "Table: FILE is no NPZ that can be read: File is not a zip file"
    assert refused(tmp_path / "t.npz") == says


def test_npz_arrays_that_are_no_columns(tmp_path: Path) -> None:
    y = np.array(LABELS)
    says = "Table: FILE has an array 'x' of "
    path = npz_file(tmp_path, x=np.array([{}] * 20), y=y)
    assert refused(path) == says + "Python objects, which are not loaded"
    path = npz_file(tmp_path, x=np.ones((20, 1, 8)), y=y)
    assert refused(path) == says + "3 axes; Table takes arrays of one or two"
    path = npz_file(tmp_path, x=np.array(3.0), y=y)
    assert refused(path) == says + "0 axes; Table takes arrays of one or two"
    path = npz_file(tmp_path, x=np.ones(20, np.complex64), y=y)
    assert refused(path) == says + "complex64; Table takes numbers, booleans and text"
    path = npz_file(tmp_path, x=np.ones(19), y=y)
    assert refused(path) == "Table: FILE has 19 rows in 'x', but 20 in 'y'"
    path = npz_file(tmp_path, x=np.array([b"\xff"] * 20), y=y)
    assert refused(path) == "Table: FILE has bytes that are no UTF-8 text in 'x'"


ENCODING: dict[str, Any] = {
    "columns": [{"name": "x"}, {"name": "word", "categories": ["v", "w"]}],
    "inputs": ["x", "word=v", "word=w"],
}


def unreadable(folder: Path, text: str, **more: Any) -> str:
    path = folder / "more.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(cf.ArgumentError) as raised:
        Table.read_inputs({**ENCODING, **more}, str(path))
    return str(raised.value).replace(str(path), "FILE")


def test_further_rows_that_training_could_not_have_had(tmp_path: Path) -> None:
    says = "Table: FILE, line 3, column 'word': 'u' was not there in training, but 'v', 'w'"
    assert unreadable(tmp_path, "word,x\nv,1\nu,2\n") == says
    says = "Table: FILE, line 3, column 'x': 'two' is no number, as it was in training"
    assert unreadable(tmp_path, "word,x\nv,1\nv,two\n") == says
    assert unreadable(tmp_path, "word,x\nv,\nv,two\n", fill=[0, 0, 1]) == says
    path = parquet_file(tmp_path, word=["v", "w"], x=[None, "7"])
    with pytest.raises(cf.ArgumentError, match="row 2, column 'x': '7' is no number"):
        Table.read_inputs({**ENCODING, "fill": [0, 0, 1]}, str(path))
    assert "line 3, column 'word': the value is missing" in unreadable(
        tmp_path, "x,word\n1,v\n1,\n"
    )
    assert "line 2, column 'x': inf is infinite" in unreadable(tmp_path, "x,word\ninf,v\n")
    says = "Table: FILE has no column 'word'; the nearest are 'words'"
    assert unreadable(tmp_path, "x,words\n1,v\n") == says
    assert unreadable(tmp_path, "x,word\n") == "Table: FILE has no rows"
    np.savez(tmp_path / "more.npz", x=np.ones((2, 2)), word=np.array(["v", "w"]))
    with pytest.raises(cf.ArgumentError, match=r"has columns \['x\.0', 'x\.1', 'word'\] where"):
        Table.read_inputs(ENCODING, str(tmp_path / "more.npz"))
    with pytest.raises(cf.ArgumentError, match="there is no file"):
        Table.read_inputs(ENCODING, str(tmp_path / "none.csv"))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"columns": 3},
        {"columns": ["x"]},
        {"columns": [{"title": "x"}]},
        {**ENCODING, "fill": [1.0]},
        {**ENCODING, "mean": [1.0, 2.0, 3.0]},
        {**ENCODING, "mean": ["a", "b", "c"], "deviation": [1, 1, 1]},
        {"columns": []},
        [],
    ],
    ids=str,
)
def test_what_is_no_encoding(wrong: Any) -> None:
    says = re.escape(f"Table: this is no encoding of a table: {wrong!r}")
    with pytest.raises(cf.ArgumentError, match=says):
        Table.read_inputs(wrong, "more.csv")
