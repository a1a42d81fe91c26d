"""`coreframe assemble`: the table of a network, and one sentence for each kind of mistake."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe

Done: TypeAlias = subprocess.CompletedProcess[str]

# What is wrong: the specs, and what the sentence must say.
MISTAKES = {
    "unknown name": (["Afine(2, 3)"], ["named Afine", "did you mean Affine"]),
    "other kind": (["SumOfSquares"], ["SumOfSquares is a loss, not a module"]),
    "argument name": (["Affine(2, out_sise=3)"], ["'out_sise', did you mean out_size?"]),
    "argument type": (["Affine('2', 3)"], ["in_size must be int, got '2'"]),
    "argument count": (["Affine(2)"], ["missing a required argument: 'out_size'"]),
    "argument value": (["Affine(0, 3)"], ["sizes must be positive, got 0 and 3"]),
    "sizes": (
        ["Affine(2, 25)", "Square", "Affine(24, 2)"],
        ["layer 2 after Square()", "Affine(24, 2) takes 24 features, got (25,)"],
    ),
    "call": (["__import__('os').mkdir('made')"], ["__import__('os').mkdir", "names no component"]),
    "import": (["__import__('os')"], ["no installed plugin offers a module named __import__"]),
    "arithmetic": (["Affine(2, 2+3)"], ["is not allowed: only names, calls, literals"]),
    "syntax": (["Affine(2,"], ["'Affine(2,' is not a spec like 'Linear(2, 25)'"]),
}

NETWORK = ("Affine(2, 25)", "Square", "Affine(25, 2)")


@pytest.fixture(scope="module")
def mistakes(coreframe: "Coreframe") -> dict[str, Done]:
    with ThreadPoolExecutor(4) as pool:  # each process spends a second on importing torch
        done = pool.map(lambda mistake: coreframe("assemble", *mistake[0]), MISTAKES.values())
        return dict(zip(MISTAKES, done, strict=True))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_on_stderr(mistakes: dict[str, Done], mistake: str) -> None:
    done = mistakes[mistake]
    assert done.returncode == 1
    assert done.stdout == ""
    for words in MISTAKES[mistake][1]:
        assert words in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


def test_the_table_shows_layers_shapes_and_the_total(coreframe: "Coreframe") -> None:
    done = coreframe("assemble", *NETWORK)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "layer  spec           output shape  parameters",
        "0      Affine(2, 25)  (25,)                 75",
        "1      Square()       (25,)                  0",
        "2      Affine(25, 2)  (2,)                  52",
        "total                                      127",
    ]


def test_json_has_the_same_table(coreframe: "Coreframe") -> None:
    assert json.loads(coreframe("assemble", "--json", *NETWORK).stdout) == {
        "schema": 1,
        "layers": [
            {"layer": "0", "spec": "Affine(2, 25)", "output_shape": [25], "parameters": 75},
            {"layer": "1", "spec": "Square()", "output_shape": [25], "parameters": 0},
            {"layer": "2", "spec": "Affine(25, 2)", "output_shape": [2], "parameters": 52},
        ],
        "parameters": 127,
    }


def test_a_shape_that_nobody_knows_is_a_question_mark(coreframe: "Coreframe") -> None:
    rows = coreframe("assemble", "Square", "Affine(3, 4)").stdout.splitlines()
    assert rows[1].split() == ["0", "Square()", "?", "0"]
    assert rows[2].split()[-2:] == ["(4,)", "16"]


def test_one_spec_is_the_network_itself(coreframe: "Coreframe") -> None:
    rows = coreframe("assemble", "Sequential(Affine(2, 3), Square)").stdout.splitlines()
    assert [row.split()[0] for row in rows] == ["layer", "0", "1", "total"]


def test_a_network_that_no_memory_holds_is_a_table_all_the_same(coreframe: "Coreframe") -> None:
    done = coreframe("assemble", "Affine(1000000, 1000000)")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].split() == ["total", "1000001000000"]


def test_no_spec_is_misuse(coreframe: "Coreframe") -> None:
    done = coreframe("assemble")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Missing argument" in done.stderr
