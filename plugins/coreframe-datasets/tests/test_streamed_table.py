"""Table, streamed: the same samples as loaded, from rows that are kept on the disk."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
import torch
from pyarrow import parquet
from torch import Tensor

import coreframe as cf
from coreframe.testing import run_checks
from coreframe_datasets import Table, npz_source, parquet_source, row_cache, table
from coreframe_datasets.memory import memory_limit
from coreframe_datasets.repeated import repeated_among

FRUITS = str(files("coreframe_datasets") / "fruits.csv")


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of kept rows; and small parts, so that each file has several."""
    monkeypatch.setenv("COREFRAME_CACHE", str(tmp_path / "kept"))
    for source in (npz_source, parquet_source):
        monkeypatch.setattr(source, "ROWS", 7)
    return tmp_path / "kept"


def splits(data: cf.Dataset) -> Iterator[cf.Split]:
    yield data.train
    yield data.test
    if data.validation is not None:
        yield data.validation


def taken(split: cf.Split) -> tuple[Tensor, Tensor]:
    return split.take(torch.arange(len(split)).expand(*split.replicas, -1))


def expect_same(path: str, target: Any, **settings: Any) -> None:
    """Streamed and loaded give the same splits, bit for bit, and the same encoding."""
    loaded = Table(path, target, stream=False, **settings)
    for _ in range(2):  # the second from what is kept
        streamed = Table(path, target, stream=True, **settings)
        for own, other in zip(splits(streamed), splits(loaded), strict=True):
            assert own.replicas == other.replicas
            for one, two in zip(taken(own), taken(other), strict=True):
                assert one.dtype == two.dtype
                assert torch.equal(one, two)
        if not loaded.replicas or not (settings.get("standardize") or "missing" in settings):
            assert streamed.encoding() == loaded.encoding()


def rows_of(count: int, *, gaps: bool) -> dict[str, list[Any]]:
    draw = random.Random(3)  # noqa: S311  # no secret
    numbers = [
        None if gaps and row % 11 == 5 else draw.uniform(1e6, 1e6 + 9) for row in range(count)
    ]
    return {
        "size": numbers,
        "word": [
            None if gaps and row % 13 == 7 else draw.choice("zm" if row < 20 else "zmaq")
            for row in range(count)
        ],
        "flag": [draw.random() < 0.5 for _ in range(count)],
        "few": [row % 3 for row in range(count)],
        "price": [draw.gauss(0, 1) for _ in range(count)],
        "kind": [draw.choice(["up", "down", "é"]) for _ in range(count)],
    }


def written(path: Path, columns: dict[str, list[Any]]) -> str:
    if path.suffix == ".parquet":
        parquet.write_table(pa.table(columns), path, row_group_size=20)
    elif path.suffix == ".npz":
        arrays: dict[str, Any] = {name: np.array(own) for name, own in columns.items()}
        np.savez_compressed(path, **arrays)
    else:
        lines = [",".join(columns)]
        for row in zip(*columns.values(), strict=True):
            cells = [
                "" if v is None else str(v).lower() if v in (True, False) else str(v) for v in row
            ]
            lines.append(",".join(cells))
        path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


SETTINGS: list[dict[str, Any]] = [
    {},
    {"standardize": True, "seed": 4},
    {"one_hot": True, "validation": 0.0},
    {"repeated": "dealt", "test": 0.4},
    {"seed": [5, 6, 5], "standardize": True},
    {"seed": [1, 2]},
]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_streamed_is_loaded(tmp_path: Path, suffix: str, settings: dict[str, Any]) -> None:
    path = written(tmp_path / f"t.{suffix}", rows_of(150, gaps=False))
    expect_same(path, "kind", **settings)
    if not settings.get("one_hot"):
        expect_same(path, "price", **settings)
        expect_same(path, ["price", "flag"], **settings)
    expect_same(path, "few", features=["word", "size"], **settings)
    expect_same(path, "flag", features=["size", "word", "price"], **settings)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_gaps_are_filled_alike(tmp_path: Path, suffix: str, settings: dict[str, Any]) -> None:
    path = written(tmp_path / f"t.{suffix}", rows_of(150, gaps=True))
    expect_same(path, "kind", missing="mean", **settings)


def arguments_of_examples() -> Iterator[dict[str, Any]]:
    for example in Table.examples():
        assert isinstance(example.component, Table)
        yield dict(example.component.arguments)


def test_examples_and_other_dtypes_are_alike() -> None:
    for arguments in arguments_of_examples():
        expect_same(arguments.pop("path"), arguments.pop("target"), **arguments)
    torch.set_default_dtype(torch.float64)
    try:
        expect_same(FRUITS, "fruit", missing="mean", standardize=True)
    finally:
        torch.set_default_dtype(torch.float32)


class StreamedTable(Table):
    """Tables for the kit, which Table itself does not give it: they write into a folder."""

    @classmethod
    def examples(cls) -> list[cf.Example]:
        return [cf.Example(Table(stream=True, **own)) for own in arguments_of_examples()]


def test_streamed_tables_conform() -> None:
    results = list(run_checks(StreamedTable))
    assert len(results) > 5
    for result in results:
        assert result.status != "failed", result


@pytest.mark.parametrize("seed", [0, [1, 2]])
def test_it_trains_as_loaded_does(seed: Any) -> None:
    losses = []
    for stream in (False, True):
        data = Table(FRUITS, "fruit", missing="mean", standardize=True, seed=seed, stream=stream)
        inputs = taken(data.train)[0].shape[-1]
        seeds = None if seed == 0 else seed
        layers = [f"Linear({inputs}, 8)", "Tanh", "Linear(8, 3)"]
        model = cf.assemble(layers, seed=0) if seeds is None else cf.assemble(layers, seeds=seeds)
        loss = cf.create("loss", "CrossEntropy")
        optimizer = cf.create("optimizer", "SGD(lr=0.1)", model)
        history = cf.train_model(model, data, loss, optimizer, epochs=3, log=True)
        losses.append(
            [figure.tolist() for figure in vars(history).values() if isinstance(figure, Tensor)]
        )
        if seeds is not None:
            data.select([1])
            assert data.replicas == (1,)
    assert losses[0] == losses[1]
    assert losses[0] or seed


# What pyarrow takes a column for when it reads the whole file, of which it streams a megabyte.
COLUMNS: dict[str, Callable[[int], str]] = {
    "late text": lambda row: "?" if row == 90_000 else str(row % 7),
    "late real": lambda row: "0.5" if row == 90_000 else str(row % 7),
    "late number": lambda row: "3" if row == 90_000 else "",
    "bits": lambda row: ("1", "0", "true")[row % 2 if row < 80_000 else 2],
    "no bits": lambda row: ("7", "0", "true")[row % 2 if row < 80_000 else 2],
    "no real": lambda row: "true" if row < 80_000 else "0.5",
    "long": lambda row: "9" * 25 if row == 90_000 else str(row),
    "padded": lambda row: " 4" if row == 90_000 else "5 ",
    "empty": lambda row: "",
    "quoted": lambda row: '"a\nb"' if row == 90_000 else '"c,""d"',
    "null": lambda row: "NA" if row % 2 else "N/A",
    "date": lambda row: "2024-01-02" if row < 80_000 else "2024-01-02 03:04:05",
    "late date": lambda row: "2024-01-02" if row == 90_000 else str(row % 5),
    "latin": lambda row: "\udce9" if row == 90_000 else "w",
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_csv_column_is_what_the_whole_file_makes_it(tmp_path: Path, name: str) -> None:
    cell = COLUMNS[name]
    rows = [f"{cell(row)},{row}{'x' * 25},{row % 2}" for row in range(100_000)]
    path = tmp_path / "t.csv"
    path.write_bytes("\n".join(["a,pad,y", *rows]).encode("utf-8", "surrogateescape"))
    outcomes = []
    for stream in (False, True):
        try:
            data = Table(
                str(path), "y", features="a", missing="mean", repeated="dealt", stream=stream
            )
        except cf.ArgumentError as error:
            outcomes.append(str(error))
        else:
            outcomes.append(json.dumps([data.encoding(), taken(data.test)[0][:2000].tolist()]))
    assert outcomes[0] == outcomes[1]


def test_a_fault_late_in_a_file_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lines = [f"{row}.5,{'x' * 20},{row % 2}" for row in range(100_000)]
    for cell, says in (
        ("", "the value is missing"),
        ("1e39", "1e+39 overflows"),
        ("?", "'?' is no"),
    ):
        odd = [*lines]
        odd[98_765] = f"{cell},{'x' * 20},1"
        path.write_text("\n".join(["n,word,y", *odd]), encoding="utf-8")
        with pytest.raises(cf.ArgumentError, match="line 98767, column 'n': ") as raised:
            Table(str(path), "y", stream=True)
        assert says in str(raised.value)


def test_measurements_as_classes_with_one_text_are_told_so(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"{row % 9},{'oops' if row == 4_321 else row / 7}" for row in range(9_000)]
    path.write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    for stream in (False, True):
        with pytest.raises(
            cf.ArgumentError, match="line 4323, column 'y': 'oops' is no number, as"
        ):
            Table(str(path), "y", stream=stream)


def test_five_thousand_classes(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"{row},c{row % 5_000}" for row in range(25_000)]
    path.write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    data = Table(str(path), "y", stream=True)
    assert len(data.encoding()["classes"]) == 5_000
    expect_same(str(path), "y")


def test_rows_are_converted_once(tmp_path: Path, kept: Path) -> None:
    path = written(tmp_path / "t.csv", rows_of(60, gaps=False))
    Table(path, "kind", stream=True)
    (own,) = kept.iterdir()
    before = own.stat().st_mtime_ns
    for settings in SETTINGS:  # none of which the rows depend on
        Table(path, "kind", stream=True, **settings)
    assert [p.stat().st_mtime_ns for p in kept.iterdir()] == [before]
    Table(path, "price", stream=True)
    assert len(list(kept.iterdir())) == 2


def test_what_is_kept_is_never_stale(tmp_path: Path, kept: Path) -> None:
    path = tmp_path / "t.csv"
    for number in range(5):  # of one size, and of one second
        path.write_text("\n".join(["x,y", *[f"{row % 9}{number},{row % 2}" for row in range(50)]]))
        os.utime(path, (1e9, 1e9))
        data = Table(str(path), "y", repeated="dealt", stream=True)
        assert set(taken(data.train)[0].int().remainder(10).flatten().tolist()) == {number}
        assert len(list(kept.iterdir())) == 1  # of earlier contents nothing is left


@pytest.mark.parametrize("damage", ["cut", "junk", "empty"])
def test_kept_rows_that_are_damaged_are_made_again(tmp_path: Path, kept: Path, damage: str) -> None:
    path = written(tmp_path / "t.csv", rows_of(60, gaps=False))
    expect_same(path, "kind")
    (own,) = kept.iterdir()
    whole = own.read_bytes()
    own.unlink()  # as it may be mapped
    own.write_bytes({"cut": whole[100:], "junk": b"junk" * 99, "empty": b""}[damage])
    expect_same(path, "kind")
    assert own.read_bytes() == whole


def test_samples_stay_when_the_file_and_the_kept_rows_are_removed(
    tmp_path: Path, kept: Path
) -> None:
    path = written(tmp_path / "t.csv", rows_of(60, gaps=False))
    data = Table(path, "kind", stream=True)
    before = taken(data.train)
    Path(path).unlink()
    for own in kept.iterdir():
        own.unlink()
    assert torch.equal(taken(data.train)[0], before[0])


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
@pytest.mark.parametrize("change", ["gone", "cut", "other"])
def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, change: str
) -> None:
    path = Path(written(tmp_path / f"t.{suffix}", rows_of(150, gaps=False)))
    other = Path(written(tmp_path / f"other.{suffix}", rows_of(90, gaps=False)))
    writer = row_cache._write

    def changed(*arguments: Any) -> None:
        if change == "gone":
            path.unlink()
        elif change == "cut":
            path.write_bytes(path.read_bytes()[:-700])
        else:
            other.replace(path)
        writer(*arguments)

    monkeypatch.setattr(row_cache, "_write", changed)
    with pytest.raises(cf.ArgumentError) as raised:
        Table(str(path), "kind", stream=True)
    says = "cannot be read: No such file" if change == "gone" else "has changed while it was read"
    assert says in str(raised.value)
    assert list(kept.iterdir()) == []


def test_several_processes_at_once(tmp_path: Path, kept: Path) -> None:
    path = written(tmp_path / "t.csv", rows_of(20_000, gaps=False))
    code = (
        "import sys, coreframe_datasets as d, torch\n"
        f"data = d.Table({path!r}, 'kind', features=['size', 'word'], standardize=True, stream=True, "
        "repeated='dealt')\n"
        "print(float(data.train.take(torch.arange(len(data.train)))[0].double().sum()))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    printed = {process.communicate()[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(printed) == 1
    assert len(list(kept.iterdir())) == 1


def test_what_a_killed_process_began_is_removed(tmp_path: Path, kept: Path) -> None:
    kept.mkdir()
    for name, age in ((".t-old.tmp", 7_200), (".t-new.tmp", 60)):
        (kept / name).write_bytes(b"half")
        os.utime(kept / name, (time.time() - age,) * 2)
    Table(written(tmp_path / "t.csv", rows_of(60, gaps=False)), "kind", stream=True)
    assert [path.name for path in kept.glob(".*")] == [".t-new.tmp"]


def test_rows_by_columns_are_refused_with_what_to_do(tmp_path: Path) -> None:
    x = np.asfortranarray(np.random.default_rng(0).random((40, 3)))
    np.savez(tmp_path / "t.npz", x=x, y=np.arange(40) % 2)
    path = str(tmp_path / "t.npz")
    assert len(Table(path, "y").test) == 8
    with pytest.raises(
        cf.ArgumentError, match=r"'x' column by column .* np\.ascontiguousarray of it"
    ):
        Table(path, "y", stream=True)
    np.savez(tmp_path / "t.npz", x=np.ascontiguousarray(x), y=np.arange(40) % 2)
    expect_same(path, "y")


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_further_rows_in_parts_are_those_at_once(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"t.{suffix}", rows_of(150, gaps=False))
    encoding = Table(path, "kind", standardize=True).encoding()
    parts = list(Table.stream_inputs(encoding, path))
    assert len(parts) > 1 or suffix == "csv"
    assert torch.equal(torch.cat(parts), Table.read_inputs(encoding, path))


def test_further_rows_of_a_large_csv_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lines = [f"{row},{'ab'[row % 2]}{'x' * 20},{row % 2}" for row in range(100_000)]
    path.write_text("\n".join(["n,word,y", *lines]), encoding="utf-8")
    encoding = Table(str(path), "y").encoding()
    parts = list(Table.stream_inputs(encoding, str(path)))
    assert len(parts) > 1
    assert torch.equal(torch.cat(parts), Table.read_inputs(encoding, str(path)))
    for cell, says in (
        (f"7,{'c' * 21}", "line 98767, column 'word': 'ccc"),
        ("1?,x", "line 98767, column 'n': '1\\?' is"),
    ):
        odd = [*lines]
        odd[98_765] = f"{cell},1"
        path.write_text("\n".join(["n,word,y", *odd]), encoding="utf-8")
        for read in (Table.read_inputs, Table.stream_inputs):
            with pytest.raises(cf.ArgumentError, match=says):
                list(read(encoding, str(path)))


def test_a_table_is_streamed_by_its_size(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "t.csv", rows_of(60, gaps=False))
    monkeypatch.setattr(table, "memory_limit", lambda: 9 * Path(path).stat().st_size)
    assert isinstance(Table(path, "kind").train, cf.TensorSplit)
    assert not kept.exists()
    monkeypatch.setattr(table, "memory_limit", lambda: 7 * Path(path).stat().st_size)
    assert isinstance(Table(path, "kind").train, cf.Subset)
    assert isinstance(Table(path, "kind", stream=False).train, cf.TensorSplit)
    assert len(list(kept.iterdir())) == 1


def test_memory_is_what_the_limits_leave() -> None:
    resource = pytest.importorskip("resource")
    whole = memory_limit()
    assert whole is not None
    assert whole > 2**28
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (whole - 4096, before[1]))
    try:
        assert memory_limit() == whole - 4096
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def test_equal_rows_among_those_of_one_mark() -> None:
    x = torch.tensor([[1.0], [2.0], [1.0], [3.0], [4.0], [4.0], [5.0]])
    marks = torch.tensor([7, 7, 7, 7, 8, 8, 9])
    found = repeated_among(marks, lambda rows: x[rows])
    assert found.tolist() == [True, False, True, False, True, True, False]
