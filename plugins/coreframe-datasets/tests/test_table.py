"""Table: what a file's rows become, fitted on nothing but the training samples."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import coreframe as cf
from coreframe_datasets import Table
from coreframe_datasets.repeated import repeated_rows

CITIES = ("Aix", "Bern", "Cham")


def csv_file(path: Path, rows: int = 60, *, gaps: bool = False) -> str:
    """Rows of an area, a city, a garden, and what they sell for; `id` is the line."""
    draw = random.Random(1)  # noqa: S311  # no secret
    lines = ["id,area,city,garden,price,sold"]
    for row in range(rows):
        area = "" if gaps and row % 7 == 3 else f"{draw.uniform(20, 200):.2f}"
        city = "" if gaps and row % 9 == 4 else draw.choice(CITIES)
        garden = draw.choice(["true", "false"])
        sold = ("no", "yes", "later")[row % 3]
        lines.append(f"{row + 2},{area},{city},{garden},{draw.uniform(1, 9):.3f},{sold}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def cells(path: str) -> dict[str, list[str]]:
    header, *lines = Path(path).read_text(encoding="utf-8").splitlines()
    columns = zip(*(line.split(",") for line in lines), strict=True)
    return dict(zip(header.split(","), map(list, columns), strict=True))


def splits(data: cf.Dataset) -> Iterator[cf.TensorSplit]:
    for split in (data.train, data.validation, data.test):
        if isinstance(split, cf.TensorSplit):
            yield split


def loaded(split: cf.Split) -> cf.TensorSplit:
    assert isinstance(split, cf.TensorSplit)
    return split


def sorted_rows(x: Tensor) -> list[list[float]]:
    return sorted(x.flatten(1).tolist())


FEATURES = ["area", "city", "garden"]


def test_numbers_and_booleans_stay_and_text_becomes_a_column_for_each_category(
    tmp_path: Path,
) -> None:
    path = csv_file(tmp_path / "homes.csv")
    data = Table(path, "sold", features=FEATURES)
    names = ["area", "city=Aix", "city=Bern", "city=Cham", "garden"]
    assert data.encoding()["inputs"] == names
    read = cells(path)
    wanted = [
        [float(area), *(float(city == c) for c in CITIES), float(garden == "true")]
        for area, city, garden in zip(read["area"], read["city"], read["garden"], strict=True)
    ]
    found = torch.cat([split.input for split in splits(data)])
    assert sorted_rows(found) == sorted_rows(torch.tensor(wanted))
    assert found.dtype is torch.float32


def test_the_splits_deal_out_every_row_once_and_each_class_in_its_share(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "homes.csv")
    data = Table(path, "sold", features="id", validation=0.1, test=0.3)
    assert data.encoding()["classes"] == ["later", "no", "yes"]
    for split, share in zip(splits(data), (12, 2, 6), strict=True):
        assert torch.bincount(split.target).tolist() == [share] * 3
        names = cells(path)["sold"]
        for line, label in zip(split.input[:, 0].tolist(), split.target.tolist(), strict=True):
            assert ["later", "no", "yes"][label] == names[int(line) - 2]
    ids = torch.cat([split.input for split in splits(data)]).flatten().int().tolist()
    assert sorted(ids) == list(range(2, 62))


def test_a_share_of_none_makes_no_validation(tmp_path: Path) -> None:
    data = Table(csv_file(tmp_path / "homes.csv"), "sold", validation=0)
    assert data.validation is None
    assert (len(data.train), len(data.test)) == (48, 12)


@pytest.mark.parametrize(
    ("target", "settings", "shape", "dtype"),
    [
        ("sold", {}, (), torch.int64),
        ("sold", {"one_hot": True}, (3,), torch.float32),
        ("garden", {}, (), torch.int64),
        ("price", {}, (1,), torch.float32),
        (["price"], {}, (1,), torch.float32),
        (["price", "garden"], {}, (2,), torch.float32),
        ("id", {"task": "regression"}, (1,), torch.float32),
        ("garden", {"task": "regression"}, (1,), torch.float32),
    ],
)
def test_targets_are_classes_or_numbers(
    tmp_path: Path, target: Any, settings: Any, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    data = Table(csv_file(tmp_path / "homes.csv"), target, **settings)
    assert ("classes" in data.encoding()) == (settings.get("one_hot") or dtype is torch.int64)
    for split, count in zip(splits(data), (36, 12, 12), strict=True):
        assert split.target.shape == (count, *shape)
        assert split.target.dtype is dtype


def test_numbers_of_targets_belong_to_their_inputs(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "homes.csv")
    data = Table(path, ["price", "area"], features=["id"])
    read = cells(path)
    for split in splits(data):
        rows = [int(line) - 2 for line in split.input[:, 0].tolist()]
        wanted = [[float(read["price"][row]), float(read["area"][row])] for row in rows]
        assert torch.equal(split.target, torch.tensor(wanted))


@pytest.mark.parametrize(
    ("written", "task", "names"),
    [
        (["10", "9", "-1"], None, ["-1", "9", "10"]),
        (["true", "false"], None, ["false", "true"]),
        (["1.0", "0.5"], "classification", ["0.5", "1"]),
        (["b", "B", "a"], None, ["B", "a", "b"]),
    ],
)
def test_classes_have_sorted_names(
    tmp_path: Path, written: list[str], task: Any, names: list[str]
) -> None:
    path = tmp_path / "classes.csv"
    rows = [f"{row},{written[row % len(written)]}" for row in range(10 * len(written))]
    path.write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    data = Table(str(path), "y", task=task)
    assert data.encoding()["classes"] == names
    for split in splits(data):
        for x, label in zip(split.input[:, 0].tolist(), split.target.tolist(), strict=True):
            assert written[int(x) % len(written)].removesuffix(".0") == names[label]


@pytest.mark.parametrize("seed", [0, 5])
def test_means_are_those_of_the_training_samples_alone(tmp_path: Path, seed: int) -> None:
    path = csv_file(tmp_path / "homes.csv", gaps=True)
    names = ["id", "area", "city"]
    data = Table(path, "price", features=names, missing="mean", seed=seed)
    read = cells(path)
    rows = [int(line) - 2 for line in loaded(data.train).input[:, 0].tolist()]
    areas = [float(read["area"][row]) for row in rows if read["area"][row]]
    cities = [read["city"][row] for row in rows if read["city"][row]]
    most = max(CITIES, key=cities.count)
    mean, everybody = sum(areas) / len(areas), [float(area) for area in read["area"] if area]
    assert abs(mean - sum(everybody) / len(everybody)) > 0.1  # else this shows nothing
    encoding = data.encoding()
    assert encoding["fill"][1] == pytest.approx(mean)
    assert encoding["fill"][2:] == [float(city == most) for city in CITIES]
    filled = 0
    for split in splits(data):
        for line, area, *city in split.input.tolist():
            known, place = read["area"][int(line) - 2], read["city"][int(line) - 2]
            assert area == pytest.approx(float(known) if known else mean)
            assert city == [float(c == (place or most)) for c in CITIES]
            filled += not known
    assert filled == 9


@pytest.mark.parametrize("missing", ["refuse", "mean"])
def test_standardizing_is_fitted_on_the_training_samples_alone(
    tmp_path: Path, missing: Any
) -> None:
    path = csv_file(tmp_path / "homes.csv", gaps=missing == "mean")
    settings: dict[str, Any] = {"features": FEATURES, "missing": missing, "seed": 4}
    raw, data = Table(path, "price", **settings), Table(path, "price", standardize=True, **settings)
    mean = loaded(raw.train).input.double().mean(0)
    deviation = loaded(raw.train).input.double().std(0, unbiased=False)
    whole = torch.cat([split.input for split in splits(raw)]).double().mean(0)
    assert float((mean - whole).abs().max()) > 0.1
    encoding = data.encoding()
    assert encoding["mean"] == pytest.approx(mean.tolist())
    assert encoding["deviation"] == pytest.approx(deviation.tolist())
    for own, other in zip(splits(data), splits(raw), strict=True):
        wanted = (other.input.double() - mean) / deviation
        torch.testing.assert_close(own.input.double(), wanted, atol=1e-5, rtol=1e-5)
        assert torch.equal(own.target, other.target)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("missing", ["refuse", "mean"])
def test_read_inputs_gives_what_training_saw(
    tmp_path: Path, standardize: bool, missing: Any
) -> None:
    path = csv_file(tmp_path / "homes.csv", gaps=missing == "mean")
    data = Table(path, "sold", missing=missing, standardize=standardize, seed=2)
    encoding = json.loads(json.dumps(data.encoding()))
    seen = torch.cat([split.input for split in splits(data)])
    assert sorted_rows(Table.read_inputs(encoding, path)) == sorted_rows(seen)
    # Without the target, in another order, and with a column that nobody asked for.
    read = cells(path)
    names = ["garden", "note", "city", "price", "area", "id"]
    read["note"] = ["!"] * 60
    lines = [",".join(read[name][row] for name in names) for row in range(60)]
    (tmp_path / "more.csv").write_text("\n".join([",".join(names), *lines]), encoding="utf-8")
    more = Table.read_inputs(encoding, str(tmp_path / "more.csv"))
    assert torch.equal(more, Table.read_inputs(encoding, path))


def test_read_inputs_fills_gaps_that_training_did_not_have(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "homes.csv")
    encoding = Table(path, "sold", features=FEATURES, missing="mean").encoding()
    (tmp_path / "one.csv").write_text("garden,area,city\n,,\n", encoding="utf-8")
    x = Table.read_inputs(encoding, str(tmp_path / "one.csv"))
    assert x.tolist() == [encoding["fill"]]


def test_read_inputs_reads_codes_as_the_text_that_they_were(tmp_path: Path) -> None:
    rows = [f"{size},{row % 2}" for row, size in enumerate(["1", "2", "10", "3+"] * 10)]
    (tmp_path / "sizes.csv").write_text("\n".join(["size,y", *rows]), encoding="utf-8")
    encoding = Table(str(tmp_path / "sizes.csv"), "y", repeated="dealt").encoding()
    assert encoding["inputs"] == ["size=1", "size=10", "size=2", "size=3+"]
    (tmp_path / "more.csv").write_text("size\n10\n2\n", encoding="utf-8")
    x = Table.read_inputs(encoding, str(tmp_path / "more.csv"))
    assert x.tolist() == [[0, 1, 0, 0], [0, 0, 1, 0]]


def test_the_default_dtype_is_that_of_inputs_and_targets(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "homes.csv")
    torch.set_default_dtype(torch.float64)
    try:
        data = Table(path, "price", features=["area"], standardize=True)
        again = Table.read_inputs(data.encoding(), path)
    finally:
        torch.set_default_dtype(torch.float32)
    assert {t.dtype for t in (loaded(data.train).input, loaded(data.train).target, again)} == {
        torch.float64
    }
    seen = torch.cat([split.input for split in splits(data)])
    assert sorted_rows(again) == sorted_rows(seen)


def test_rows_that_repeat_all_train_or_are_dealt_out(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    rows = [f"{row},{row % 2}" for row in range(40)] + ["1,1", "1,1", "2,0"]
    path.write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    for seed in range(10):
        data = Table(str(path), "y", seed=seed)
        assert int((loaded(data.train).input == 1).sum()) == 3
        assert int((loaded(data.train).input == 2).sum()) == 2
    dealt = [Table(str(path), "y", seed=seed, repeated="dealt") for seed in range(10)]
    assert {int((loaded(data.train).input == 1).sum()) for data in dealt} > {2, 3}
    path.write_text("\n".join(["x,y", *["1,0", "2,1"] * 20]), encoding="utf-8")
    with pytest.raises(cf.ArgumentError, match="0 of class '0' of 20 samples are there only once"):
        Table(str(path), "y")
    assert len(Table(str(path), "y", repeated="dealt").test) == 8


def test_rows_that_miss_the_same_values_repeat_as_well(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    rows = [f"{row},,{row % 2}" for row in range(40)] + ["0,,0", "50,5,0", "50,5,0"]
    path.write_text("\n".join(["a,b,y", *rows]), encoding="utf-8")
    for seed in range(5):
        data = Table(str(path), "y", missing="mean", seed=seed)
        assert int((loaded(data.train).input[:, 0] == 0).sum()) == 2


@pytest.mark.parametrize("settings", [{}, {"standardize": True}, {"missing": "mean"}], ids=str)
def test_each_replica_has_what_its_seed_has_alone(tmp_path: Path, settings: Any) -> None:
    path = csv_file(tmp_path / "homes.csv")
    both = Table(path, "sold", seed=[3, 4], **settings)
    assert both.replicas == (2,)
    for replica, seed in enumerate((3, 4)):
        alone = Table(path, "sold", seed=seed, **settings)
        for own, split in zip(splits(both), splits(alone), strict=True):
            assert torch.equal(own.input[replica], split.input)
            assert torch.equal(own.target[replica], split.target)
    alone = Table(path, "sold", seed=4, **settings)
    if settings:
        with pytest.raises(cf.ArgumentError, match=r"each replica has an encoding .* select one"):
            both.encoding()
    else:
        assert both.encoding() == alone.encoding()
    assert both.select([1, 1]).encoding() == alone.encoding()
    assert both.select(0).encoding() == alone.encoding()
    assert repr(both).endswith("seed=4)" if not settings else ")")


def test_a_spec_makes_it_and_its_repr_makes_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv_file(tmp_path / "homes.csv")
    monkeypatch.chdir(tmp_path)
    assert repr(cf.create("dataset", "Table('homes.csv', 'sold')")) == "Table('homes.csv', 'sold')"
    spec = (
        "Table('homes.csv', ['price', 'area'], features=['city', 'id'], task='regression', "
        "standardize=True, missing='mean', seed=[1, 2])"
    )
    data = cf.create("dataset", spec)
    assert repr(data) == spec
    again = cf.create("dataset", repr(data))
    for own, other in zip(splits(data), splits(again), strict=True):
        assert torch.equal(own.input, other.input)


def test_an_encoding_is_no_way_to_change_the_table(tmp_path: Path) -> None:
    data = Table(csv_file(tmp_path / "homes.csv"), "sold", features=FEATURES, missing="mean")
    before = json.dumps(data.encoding())
    changed = data.encoding()
    changed["columns"][1]["categories"].append("Dole")
    changed["classes"].clear()
    changed["target"].clear()
    changed["fill"][0] = math.inf
    assert json.dumps(data.encoding()) == before


def test_a_network_learns_from_a_file(tmp_path: Path) -> None:
    rows = [f"{x},{y},{'up' if x > y else 'down'}" for x in range(12) for y in range(12)]
    (tmp_path / "points.csv").write_text("\n".join(["x,y,side", *rows]), encoding="utf-8")
    path = str(tmp_path / "points.csv")
    data = Table(path, "side", standardize=True, one_hot=True)
    model = cf.assemble(["Linear(2, 2)"], seed=0)
    loss = cf.create("loss", "MSE")
    optimizer = cf.create("optimizer", "SGD(lr=0.1, momentum=0.9)", model)
    cf.train_model(model, data, loss, optimizer, epochs=20)
    assert float(cf.compute_accuracy(model, data.test, loss)) > 0.85
    (tmp_path / "new.csv").write_text("x,y\n11,0\n0,11\n", encoding="utf-8")
    encoding = data.encoding()
    scores = model.eval().forward(Table.read_inputs(encoding, str(tmp_path / "new.csv")))
    assert [encoding["classes"][i] for i in scores.argmax(-1).tolist()] == ["up", "down"]


def test_pyarrow_is_imported_only_for_a_file_that_needs_it() -> None:
    code = (
        "import sys, coreframe_datasets as d; d.Moons(10); assert 'pyarrow' not in sys.modules; "
        "d.Table.examples(); assert 'pyarrow' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("below", [2, 3, 10**9])
def test_repeated_rows_are_those_that_comparing_whole_rows_finds(below: int) -> None:
    for columns in (1, 2, 6):
        x = torch.randint(below, (300, columns), generator=torch.Generator().manual_seed(1))
        numbers = torch.cat([x, -x, x[:7]]) / 4
        rows = [tuple(row) for row in numbers.tolist()]  # 0.0 == -0.0
        wanted = [rows.count(row) > 1 for row in rows]
        assert repeated_rows(numbers).tolist() == wanted
        assert any(wanted)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("missing", ["refuse", "mean"])
def test_the_input_layer_does_to_numbers_what_read_inputs_does(
    tmp_path: Path, standardize: bool, missing: Any
) -> None:
    path = csv_file(tmp_path / "homes.csv", gaps=missing == "mean")
    names = ["area", "price"]
    data = Table(path, "sold", features=names, missing=missing, standardize=standardize)
    layer = Table.input_layer(data.encoding())
    assert (layer is None) == (missing == "refuse" and not standardize)
    read = cells(path)
    numbers = torch.tensor(
        [[float(read[name][row] or "nan") for name in names] for row in range(60)]
    )
    assert bool(numbers.isnan().any()) == (missing == "mean")
    inputs = numbers if layer is None else layer.forward(numbers)
    assert torch.equal(inputs, Table.read_inputs(data.encoding(), path))
    with pytest.raises(cf.ArgumentError, match="no encoding of a table"):
        Table.input_layer({"columns": []})


def test_it_says_by_what_it_was_fitted_on_the_training_samples(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "homes.csv", gaps=True)
    filled = Table(path, "sold", features=FEATURES, missing="mean")
    assert filled.fitted_by == 'missing="mean"'
    both = Table(path, "sold", features=FEATURES, missing="mean", standardize=True)
    assert both.fitted_by == 'missing="mean" and standardize=True'
    whole = csv_file(tmp_path / "whole.csv")
    assert Table(whole, "sold", features=FEATURES).fitted_by == ""
