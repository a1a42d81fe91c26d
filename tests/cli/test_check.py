"""`coreframe check`: its rows, its JSON, and one sentence for whatever cannot be checked."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from coreframe_unproven import ENTRY_POINTS

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe, MakeSite

Done: TypeAlias = subprocess.CompletedProcess[str]

# Components that cannot be checked, and what the sentence must say.
REFUSED = {
    "Levle": ["named Levle", "did you mean Level"],
    "nowhere.Level": ["nowhere"],
    "Affine": ["Affine gives no examples", "add a classmethod `examples`"],
    "Unbuildable": ["raised TypeError", "'out_size'"],
    "Cracked": ["Cracked of cracked 1.0 cannot be used", "OSError: no glue"],
    "Twin": ["offered by cracked 1.0", "and twins 1.0", "write cracked.Twin or twins.Twin"],
}

# What is wrong: the arguments, the exit code, and what the sentence must say.
MISTAKES: dict[str, tuple[list[str], int, list[str]]] = {
    "other kind": (["Level", "--kind", "loss"], 1, ["Level is a module, not a loss"]),
    "unknown id": (
        ["Level", "--select", "module.gradeint"],
        1,
        ["no check has the id 'module.gradeint'", "module.gradient"],
    ),
    "id without its dot": (["Level", "--ignore", "module"], 1, ["no check has the id 'module'"]),
    "ids of another kind": (
        ["Level", "Sine", "--select", "loss.gradient"],
        1,
        ["nothing was checked", "no check that is for Level, Sine"],
    ),
    "all ignored": (["Level", "--ignore", "module."], 1, ["nothing was checked"]),
    "unknown kind": (["--kind", "layer"], 2, ["'layer' is not one of module, loss"]),
    "seed of letters": (["Level", "--seed", "x"], 2, ["'--seed'"]),
    "seed below zero": (["Level", "--seed", "-1"], 2, ["'--seed'"]),
    "seed too large": (["Level", "--seed", "9" * 30], 2, ["'--seed'"]),
    "nothing named": ([], 2, ["name a component, or give --all or --kind"]),
    "names and all": (["Level", "--all"], 2, ["name components or give --all, not both"]),
    "empty name": ([""], 2, ["'' is no name like Linear"]),
    "spec": (["Level(4, 3)"], 2, ["'Level(4, 3)' is no name like Linear"]),
}


@pytest.fixture(scope="module")
def sites(make_site: "MakeSite") -> list[Path]:
    cracked = """
    [coreframe.modules]
    Cracked = cracked:Cracked
    Twin = cracked:Twin
    Level = cracked.Level
    """
    return [
        make_site("coreframe-unproven", ENTRY_POINTS),
        make_site("cracked", cracked, "raise OSError('no glue')"),
        make_site("twins", "[coreframe.modules]\nTwin = coreframe_unproven:Sine"),
    ]


@pytest.fixture(scope="module")
def mistakes(coreframe: "Coreframe", sites: list[Path]) -> dict[str, Done]:
    with ThreadPoolExecutor(4) as pool:  # each process spends a second on importing torch
        done = pool.map(lambda wrong: coreframe("check", *wrong[0], sites=sites), MISTAKES.values())
        return dict(zip(MISTAKES, done, strict=True))


@pytest.fixture(scope="module")
def refused(coreframe: "Coreframe", sites: list[Path]) -> Done:
    args = [*REFUSED, "Level", "Flaky", "--select", "module.gradient"]
    return coreframe("check", *args, sites=sites)


@pytest.fixture(scope="module")
def tilted(coreframe: "Coreframe", sites: list[Path]) -> Done:
    return coreframe("check", "Tilted", "Level", "--seed", "7", sites=sites)


@pytest.fixture(scope="module")
def document(coreframe: "Coreframe", sites: list[Path]) -> Any:
    args = ["Tilted", "Levle", "Level", "Lopsided", "--json", "--seed", "7"]
    done = coreframe("check", *args, sites=sites)
    assert done.returncode == 1
    return strictly(done.stdout)


def strictly(text: str) -> Any:
    """JSON as the standard has it, which knows no NaN and no Infinity."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_on_stderr(mistakes: dict[str, Done], mistake: str) -> None:
    done = mistakes[mistake]
    _, code, words = MISTAKES[mistake]
    assert done.returncode == code, done.stdout + done.stderr
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("Error: ")
    for word in words:
        assert word in sentence
    assert len(re.findall(r"^Error: ", done.stderr, re.MULTILINE)) == 1
    assert "Traceback" not in done.stderr
    assert " ok" not in done.stdout


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_checked_is_one_sentence_on_stderr(refused: Done, name: str) -> None:
    (sentence,) = [
        line for line in refused.stderr.splitlines() if line.startswith(f"Error: {name}: ")
    ]
    for words in REFUSED[name]:
        assert words in sentence


def test_what_cannot_be_checked_keeps_nothing_else_from_it(refused: Done) -> None:
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == len(REFUSED)
    assert re.search(r"^Level +module.gradient .* ok ", refused.stdout, re.MULTILINE)
    assert refused.stdout.splitlines()[-1] == (
        f"1 passed, 1 failed; not checked: {', '.join(REFUSED)}"
    )


def test_an_unexpected_exception_is_a_failure_that_names_it(refused: Done) -> None:
    assert "    Flaky(): it raised KeyError: 'scale' (seed 0)\n" in refused.stdout


def test_a_row_is_id_meaning_result_and_figure_beside_its_bound(
    coreframe: "Coreframe", sites: list[Path]
) -> None:
    ids = ["module.gradient", "module.known", "module.repr"]  # shown in the order of the kit
    select = [part for name in ids for part in ("--select", name)]
    done = coreframe("check", "Level", *select, sites=sites)
    assert (done.returncode, done.stderr) == (0, "")
    repr_row, known_row, gradient_row, _, summary = done.stdout.splitlines()
    assert re.fullmatch(
        r"Level module\.repr +its repr assembles again to an equal one +ok", repr_row
    )
    assert re.fullmatch(r"Level module\.known .* - +no output of it is known", known_row)
    assert re.fullmatch(
        r"Level module\.gradient backward gives the gradient of forward +ok +[\d.e-]+ of 1\b.*",
        gradient_row,
    )
    assert repr_row.index(" ok") == gradient_row.index(" ok") == known_row.index(" - ")
    assert summary == "2 passed, 0 failed, 1 not tried"


def test_a_failure_names_parameter_index_numbers_and_seed(tilted: Done) -> None:
    assert tilted.returncode == 1
    lines = tilted.stdout.splitlines()
    (row,) = [n for n, line in enumerate(lines) if line.startswith("Tilted module.gradient ")]
    assert lines[row].endswith("FAILED")
    found = re.fullmatch(
        r"    Tilted\(4, 3\): the gradient of bias\[2\] is (\S+), "
        r"central differences give (\S+) \(seed 7\)",
        lines[row + 1],
    )
    assert found
    assert float(found[1]) / float(found[2]) == pytest.approx(1.001, abs=1e-6)


def test_a_failure_stops_neither_the_other_checks_nor_the_other_components(tilted: Done) -> None:
    rows = [line.split()[:2] for line in tilted.stdout.splitlines() if " module." in line[:30]]
    ids = {name: [check for own, check in rows if own == name] for name in ("Tilted", "Level")}
    assert ids["Tilted"] == ids["Level"]
    assert len(ids["Level"]) > 20
    passed, failed = re.findall(r"(\d+) passed, (\d+) failed", tilted.stdout)[0]
    assert (int(failed), int(passed)) == (tilted.stdout.count("FAILED"), tilted.stdout.count(" ok"))
    assert int(failed) >= 1


def test_the_json_has_every_row_and_every_refusal(document: Any, tilted: Done) -> None:
    assert document.keys() == {"schema", "check_set", "passed", "results", "refused"}
    assert (document["schema"], document["check_set"], document["passed"]) == (1, 1, False)
    (refused,) = document["refused"]
    assert refused["component"] == "Levle"
    assert "did you mean Level" in refused["detail"]
    fields = {"component", "check", "shows", "status", "figure", "bound", "unit", "detail", "seed"}
    rows = document["results"]
    assert all(row.keys() == fields for row in rows)
    assert {row["seed"] for row in rows} == {7}
    assert {row["status"] for row in rows} == {"passed", "failed", "not tried"}
    assert all(bool(row["detail"]) == (row["status"] != "passed") for row in rows)
    shown = [line.split()[:2] for line in tilted.stdout.splitlines() if " module." in line[:30]]
    assert [[r["component"], r["check"]] for r in rows if r["component"] != "Lopsided"] == shown


def test_the_figures_of_what_passed_are_within_their_bounds(document: Any) -> None:
    measured = [row for row in document["results"] if row["bound"] is not None]
    assert len(measured) > 10
    assert all(row["figure"] <= row["bound"] for row in measured if row["status"] == "passed")


def test_a_loss_is_checked_by_the_checks_of_its_kind(document: Any) -> None:
    rows = {row["check"]: row for row in document["results"] if row["component"] == "Lopsided"}
    assert all(check.startswith("loss.") for check in rows)
    assert rows["loss.gradient"]["status"] == "failed"
    assert re.search(
        r"gradient of pred\[\d, \d\] is \S+, central .* \(seed 7\)", rows["loss.gradient"]["detail"]
    )


def test_seed_and_float32_reach_the_checks(
    coreframe: "Coreframe", sites: list[Path], document: Any
) -> None:
    args = ["check", "Level", "--json", "--select", "module.population"]
    done = coreframe(*args, "--select", "module.gradient", "--float32", sites=sites)
    single = {row["check"]: row for row in strictly(done.stdout)["results"]}
    seventh = {row["check"]: row for row in document["results"] if row["component"] == "Level"}
    assert single.keys() == {"module.gradient", "module.population"}
    # In float64 whatever the command says, so that the seed alone makes the difference.
    assert single["module.gradient"]["figure"] != seventh["module.gradient"]["figure"]
    bounds = [rows["module.population"]["bound"] for rows in (seventh, single)]
    assert bounds == [1e-10, 1e-4]
    assert single["module.population"]["status"] == "passed"


def test_select_and_ignore_take_the_beginnings_of_ids(
    coreframe: "Coreframe", sites: list[Path]
) -> None:
    args = ["check", "Level", "Distance", "Level", "--json", "--select", "loss."]
    args += ["--select", "module.repr", "--ignore", "loss.shapes"]
    rows = strictly(coreframe(*args, sites=sites).stdout)["results"]
    ids = [row["check"] for row in rows]
    assert ids.count("module.repr") == 1  # given twice, checked once
    assert set(ids) - {"module.repr"} == {i for i in ids if i.startswith("loss.")}
    assert "loss.gradient" in ids
    assert "loss.shapes" not in ids


def test_what_is_broken_among_all_is_a_sentence_each_and_the_others_are_checked(
    coreframe: "Coreframe", sites: list[Path]
) -> None:
    done = coreframe("check", "--all", "--select", "schedule.factors", sites=sites)
    assert done.returncode == 1
    rows = [line.split()[0] for line in done.stdout.splitlines() if "schedule.factors" in line]
    assert {"Cut", "Decline"} <= set(rows)
    errors = {line.split(":")[1].strip(): line for line in done.stderr.splitlines()}
    assert {"Affine", "Cracked", "Unbuildable", "cracked.Twin"} <= errors.keys()
    assert "no glue" in errors["cracked.Twin"]
    # A good one of the same name hides no malformed entry.
    assert "'cracked.Level' is not of the form module:Class" in errors["cracked.Level"]
    assert errors.keys().isdisjoint({"Level", "Twin", "twins.Twin"})
    assert all(line.startswith("Error: ") for line in errors.values())
    assert done.stdout.splitlines()[-1].endswith(f"; not checked: {', '.join(errors)}")


def test_of_a_kind_all_are_checked(coreframe: "Coreframe", sites: list[Path]) -> None:
    done = coreframe("check", "--kind", "schedule", sites=sites)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"Cut", "Decline"} <= {line.split(" ")[0] for line in done.stdout.splitlines()}
    assert "schedule.state" in done.stdout


def test_distributions_are_told_apart_by_qualified_names(
    coreframe: "Coreframe", sites: list[Path]
) -> None:
    args = ["twins.Twin", "coreframe_unproven.Sine", "--select", "module.repr"]
    done = coreframe("check", *args, sites=sites)
    assert (done.returncode, done.stderr) == (0, "")
    rows = done.stdout.splitlines()[:2]
    assert [row.split()[0] for row in rows] == ["twins.Twin", "coreframe_unproven.Sine"]
    assert len({row.index("module.repr") for row in rows}) == 1


@pytest.mark.parametrize("end", ["| head -n 1", ">&-"])
def test_a_stdout_that_is_closed_is_no_traceback(
    coreframe: "Coreframe", script: Path, sites: list[Path], end: str
) -> None:
    shell = ["sh", "-c", f'"$@" {end}', "sh", str(script)]
    done = coreframe("check", "Level", sites=sites, program=shell)
    assert done.stderr == ""
    assert done.stdout.count("\n") == (1 if "head" in end else 0)


@pytest.mark.parametrize(
    "encoding", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}], ids=str
)
def test_a_stdout_that_knows_ascii_only_is_no_error(
    coreframe: "Coreframe", sites: list[Path], encoding: dict[str, str]
) -> None:
    args = ["check", "Affine", "Tilted", "--select", "module.gradient"]
    done = coreframe(*args, sites=sites, env={"PYTHONCOERCECLOCALE": "0", **encoding})
    assert done.returncode == 1
    assert "bias[2]" in done.stdout
    assert "Affine gives no examples" in done.stderr
    assert "Traceback" not in done.stderr
