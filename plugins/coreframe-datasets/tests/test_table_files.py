"""Table's files: CSV, Parquet and NPZ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
import torch
from pyarrow import parquet

import coreframe as cf
from coreframe_datasets import Table

ROWS = 20
LABELS = ["a", "b"] * (ROWS // 2)


def loaded(split: cf.Split) -> cf.TensorSplit:
    assert isinstance(split, cf.TensorSplit)
    return split


def whole(data: Table) -> list[list[float]]:
    parts = [data.train, data.validation, data.test]
    inputs = [part.input for part in parts if isinstance(part, cf.TensorSplit)]
    return sorted(torch.cat(inputs).tolist())


def write(path: Path, columns: dict[str, Any]) -> str:
    parquet.write_table(pa.table(columns), path)
    return str(path)


def test_a_csv_may_have_quotes_empty_lines_and_a_mark_of_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "odd.CSV"
    said = ["two\nlines", "é, è", "é, è"] * ROWS
    lines = [f'{row},"{said[row]}",{LABELS[row]}\n' for row in range(ROWS)]
    text = "\ufeff\nx,say,y\n\n" + "\n".join(lines)
    path.write_text(text.replace("\n", "\r\n"), encoding="utf-8", newline="")
    data = Table(str(path), "y")
    assert data.encoding()["inputs"] == ["x", "say=two\r\nlines", "say=é, è"]
    assert whole(data) == [[row, float(row % 3 == 0), float(row % 3 > 0)] for row in range(ROWS)]


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('\nx,say,y\n\n1,"two\nlines",a\n2,one,b\n\n,one,a\n', encoding="utf-8")
    with pytest.raises(cf.ArgumentError, match=r"odd\.csv, line 8, column 'x': the value is miss"):
        Table(str(path), "y")


@pytest.mark.parametrize(
    "kind",
    ["int8", "uint16", "int64", "uint64", "float16", "float32", "float64", "bool_", "decimal"],
)
def test_parquet_of_each_kind_of_numbers(tmp_path: Path, kind: str) -> None:
    numbers = [row % 2 if kind == "bool_" else row for row in range(ROWS)]
    form = pa.decimal128(30, 2) if kind == "decimal" else getattr(pa, kind)()
    values = pa.array(numbers).cast(pa.float32() if kind == "float16" else form).cast(form)
    path = write(tmp_path / "t.parquet", {"x": values, "n": list(range(ROWS)), "y": LABELS})
    assert whole(Table(path, "y", features=["n", "x"])) == [[n, x] for n, x in enumerate(numbers)]


def test_parquet_of_each_kind_of_text(tmp_path: Path) -> None:
    words = [("x", "w", "w", None)[row % 4] for row in range(ROWS)]
    kinds = [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())]
    for kind in [*kinds, pa.string_view()]:
        values = pa.chunked_array([pa.array(words[:5], kind), pa.array(words[5:], kind)])
        path = write(tmp_path / "t.parquet", {"n": range(ROWS), "word": values, "y": LABELS})
        data = Table(path, "y", missing="mean")
        assert data.encoding()["inputs"] == ["n", "word=w", "word=x"]
        assert whole(data) == [[n, float(w != "x"), float(w == "x")] for n, w in enumerate(words)]
        assert Table.read_inputs(data.encoding(), path).tolist() == whole(data)


def test_read_inputs_reads_integers_as_the_text_that_they_were(tmp_path: Path) -> None:
    rows = {"n": range(ROWS), "code": ["10", "9"] * 10, "y": LABELS}
    encoding = Table(write(tmp_path / "t.parquet", rows), "y").encoding()
    assert encoding["inputs"] == ["n", "code=10", "code=9"]
    plain = write(tmp_path / "plain.parquet", {"code": [9, 10], "n": [1.0, 2.0]})
    assert Table.read_inputs(encoding, plain).tolist() == [[1, 0, 1], [2, 1, 0]]
    np.savez(tmp_path / "plain.npz", code=np.array([9, 10]), n=np.ones(2))
    x = Table.read_inputs(encoding, str(tmp_path / "plain.npz"))
    assert x.tolist() == [[1, 0, 1], [1, 1, 0]]


def test_text_of_digits_in_parquet_is_text(tmp_path: Path) -> None:
    words = [f"{row}.5" for row in range(ROWS - 1)] + ["none"]
    path = write(tmp_path / "t.parquet", {"word": words, "y": LABELS})
    assert len(Table(path, "y").encoding()["inputs"]) == ROWS


def test_the_index_that_pandas_writes_is_no_feature_unasked(tmp_path: Path) -> None:
    columns = {"x": range(ROWS), "y": LABELS, "__index_level_0__": range(ROWS)}
    path = write(tmp_path / "t.parquet", columns)
    assert Table(path, "y").encoding()["inputs"] == ["x"]
    asked = Table(path, "y", features="__index_level_0__")
    assert asked.encoding()["inputs"] == ["__index_level_0__"]


def test_names_with_dots_are_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", {"x.a": range(ROWS), "x": [0] * ROWS, "y": LABELS})
    assert whole(Table(path, "y", features="x.a")) == [[row] for row in range(ROWS)]


def test_npz_arrays_of_two_axes_are_columns(tmp_path: Path) -> None:
    x = np.arange(2 * ROWS).reshape(ROWS, 2)
    path = str(tmp_path / "t.npz")
    np.savez(path, x=x, name=np.array(["p", "q"] * 10), y=np.array(LABELS), of=np.zeros(1, object))
    data = Table(path, "y", features=["name", "x"])
    assert data.encoding()["inputs"] == ["name=p", "name=q", "x.0", "x.1"]
    assert whole(Table(path, "y", features="x")) == x.tolist()
    assert whole(Table(path, "y", features="x.1")) == x[:, 1:].tolist()
    assert Table.read_inputs(data.encoding(), path).shape == (ROWS, 4)


@pytest.mark.parametrize(
    ("y", "shape"),
    [
        (np.arange(ROWS) % 2, ()),
        (np.arange(ROWS)[:, None] % 2, ()),
        (np.arange(ROWS) % 2 == 0, ()),
        (np.array(LABELS).astype("S1"), ()),
        (np.arange(ROWS) / 3, (1,)),
        (np.ones((ROWS, 3), np.int32), (3,)),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)
def test_npz_targets(tmp_path: Path, y: Any, shape: tuple[int, ...]) -> None:
    path = str(tmp_path / "t.npz")
    np.savez_compressed(path, x=np.arange(ROWS, dtype=np.float16), y=y)
    assert loaded(Table(path, "y").train).target.shape[1:] == shape


def test_files_of_other_kinds_give_the_same_splits(tmp_path: Path) -> None:
    x, word = np.arange(ROWS) / 7, ["p", "q", "r", "q"] * 5
    np.savez(tmp_path / "t.npz", x=x, word=np.array(word), y=np.array(LABELS))
    write(tmp_path / "t.parquet", {"x": x, "word": word, "y": LABELS})
    rows = [f"{n!r},{w},{y}" for n, w, y in zip(x.tolist(), word, LABELS, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["x,word,y", *rows]), encoding="utf-8")
    made = [
        Table(str(tmp_path / f"t.{s}"), "y", standardize=True) for s in ("csv", "parquet", "npz")
    ]
    for data in made[1:]:
        assert torch.equal(loaded(data.train).input, loaded(made[0].train).input)
        assert torch.equal(loaded(data.train).target, loaded(made[0].train).target)
        assert data.encoding() == made[0].encoding()
    read = [Table.read_inputs(made[0].encoding(), d.arguments["path"]) for d in made]
    assert torch.equal(read[0], read[1])
    assert torch.equal(read[0], read[2])


def test_many_rows_are_read_in_their_order(tmp_path: Path) -> None:
    rows = [f"{row},{'abc'[row % 3]}{'x' * 20},{row % 2}" for row in range(60_000)]
    (tmp_path / "t.csv").write_text("\n".join(["n,word,y", *rows]), encoding="utf-8")
    encoding = Table(str(tmp_path / "t.csv"), "y").encoding()
    x = Table.read_inputs(encoding, str(tmp_path / "t.csv"))
    assert torch.equal(x[:, 0], torch.arange(60_000.0))
    assert torch.equal(x[:, 1:].argmax(-1), torch.arange(60_000) % 3)
