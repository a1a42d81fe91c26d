"""`coreframe diff`: its table, its JSON, and one sentence for whatever cannot be compared."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from coreframe_unproven import ENTRY_POINTS

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe, MakeSite

Done: TypeAlias = subprocess.CompletedProcess[str]

# What is wrong: the arguments, the exit code, and what the sentence must say.
MISTAKES: dict[str, tuple[list[str], int, list[str]]] = {
    "unknown name": (["Level", "Levle"], 1, ["named Levle", "did you mean Level"]),
    "other kind": (["Level", "Distance"], 1, ["Distance is a loss, not a module"]),
    "outputs": (
        ["Level(4, 3)", "Level(4, 2)"],
        1,
        ["Level(4, 3) and Level(4, 2) cannot be compared", "outputs have shapes (3,) and (2,)"],
    ),
    "one alone": (["Level"], 2, ["Missing argument 'B'"]),
    "letters": (["Level", "Level", "--input", "4,x"], 2, ["sizes like 4 or 5,3, not '4,x'"]),
    "negative size": (["Level", "Level", "--input", "-4"], 2, ["sizes like 4 or 5,3, not '-4'"]),
    "a comma too many": (["Level", "Level", "--input", "4,"], 2, ["not '4,'"]),
    "seed": (["Level", "Level", "--seed", "9" * 30], 2, ["'--seed'"]),
    "kind": (["Level", "Level", "--kind", "layer"], 2, ["'layer' is not one of module"]),
}


@pytest.fixture(scope="module")
def sites(make_site: "MakeSite") -> list[Path]:
    return [make_site("coreframe-unproven", ENTRY_POINTS)]


@pytest.fixture(scope="module")
def mistakes(coreframe: "Coreframe", sites: list[Path]) -> dict[str, Done]:
    with ThreadPoolExecutor(4) as pool:  # each process spends a second on importing torch
        done = pool.map(lambda wrong: coreframe("diff", *wrong[0], sites=sites), MISTAKES.values())
        return dict(zip(MISTAKES, done, strict=True))


def strictly(text: str) -> Any:
    """JSON as the standard has it, which knows no NaN and no Infinity."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_on_stderr(mistakes: dict[str, Done], mistake: str) -> None:
    done = mistakes[mistake]
    _, code, words = MISTAKES[mistake]
    assert (done.returncode, done.stdout) == (code, "")
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("Error: ")
    for word in words:
        assert word in sentence
    assert "Traceback" not in done.stderr


def test_equal_components_differ_by_nothing(coreframe: "Coreframe", sites: list[Path]) -> None:
    done = coreframe("diff", "Level", "coreframe_unproven.Level( 4,3 )", sites=sites)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["A  Level(4, 3)", "B  coreframe_unproven.Level(4, 3)"]
    assert [line.split() for line in lines[3:8]] == [
        ["compared", "largest", "difference", "where"],
        ["y", "0", "equal"],
        ["the", "gradient", "of", "x", "0", "equal"],
        ["the", "gradient", "of", "weight", "0", "equal"],
        ["the", "gradient", "of", "bias", "0", "equal"],
    ]
    assert lines[-1].startswith("speed: A ")


def test_a_wrong_gradient_is_the_only_row_that_differs(
    coreframe: "Coreframe", sites: list[Path]
) -> None:
    done = coreframe("diff", "Level", "Tilted", "--json", "--seed", "3", sites=sites)
    assert (done.returncode, done.stderr) == (0, "")
    document = strictly(done.stdout)
    rows = document.pop("rows")
    seconds = [document.pop("first_seconds"), document.pop("second_seconds")]
    assert document == {"schema": 1, "first": "Level(4, 3)", "second": "Tilted(4, 3)"}
    assert all(second > 0 for second in seconds)
    assert all(row.keys() == {"what", "difference", "where"} for row in rows)
    *equal, bias = rows
    assert [(row["difference"], row["where"]) for row in equal] == [(0, "")] * 3
    assert bias["what"] == "the gradient of bias"
    assert 0 < bias["difference"] <= 0.001 + 1e-9
    assert bias["where"].startswith("the gradient of bias[2] is ")


def test_json_says_null_where_there_is_no_number(coreframe: "Coreframe", sites: list[Path]) -> None:
    args = ["diff", "Sine", "Undefined", "--json"]
    rows = strictly(coreframe(*args, sites=sites).stdout)["rows"]
    assert [row["difference"] for row in rows] == [None, 0]
    assert "is nan, not " in rows[0]["where"]


def test_specs_may_be_nested_and_hold_quotes(coreframe: "Coreframe", sites: list[Path]) -> None:
    specs = ["Sequential(Wave('cosine'), Level(4, 2))", 'Sequential(Wave("sine"), Tilted(4, 2))']
    done = coreframe("diff", *specs, "--input", "4", sites=sites)
    assert (done.returncode, done.stderr) == (0, "")
    assert "A  Sequential(Wave(kind='cosine'), Level(4, 2))\n" in done.stdout
    rows = [line.split("  ")[0] for line in done.stdout.splitlines()[4:-2]]
    assert rows == ["y", "the gradient of x", "the gradient of 1.weight", "the gradient of 1.bias"]


def test_a_stdout_that_knows_ascii_only_is_no_error(
    coreframe: "Coreframe", sites: list[Path]
) -> None:
    done = coreframe("diff", "Sine", "Sine", sites=sites, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nspeed: A " in done.stdout
