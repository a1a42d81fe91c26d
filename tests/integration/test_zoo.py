"""Every command does its job beside plugins that are wrong in every way."""

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, Any

import pytest
from menagerie import (
    BROKEN,
    COMMANDS,
    DOUBLES,
    HOOKS,
    SOUND,
    TWINS,
    Animal,
    build_wheels,
    install_into,
)

if TYPE_CHECKING:
    from tests.integration.conftest import Environment

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="session")
def zoo_wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    animals = [*BROKEN, *SOUND, *TWINS, *HOOKS, *COMMANDS, *DOUBLES]
    return build_wheels(animals, tmp_path_factory.mktemp("zoo"))


@pytest.fixture(scope="session")
def cages(zoo_wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three folders with the whole zoo in them, the two doubles apart."""
    *others, first, second = zoo_wheels
    left, right, last = (tmp_path_factory.mktemp(name) for name in ("left", "right", "last"))
    install_into(left, others[::2])
    install_into(right, [*others[1::2], first])
    install_into(last, [second])
    return [left, right, last]


@pytest.fixture(scope="session")
def run(everything: "Environment", cages: list[Path]) -> Run:
    """Runs the command `coreframe` beside the whole zoo."""

    def run(*arguments: str, path: list[Path] = cages) -> CompletedProcess[str]:
        done = everything.run("coreframe", *arguments, path=path)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return run


def parsed(done: CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def of_zoo(done: CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    rows = [row for row in parsed(done)["components"] if row["distribution"].startswith("zoo-")]
    return {f"{row['distribution']} {row['version']} {row['name']}": row for row in rows}


def test_listing_shows_every_animal_and_imports_none(run: Run) -> None:
    done = run("list-components", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = {key: row["status"] for key, row in of_zoo(done).items()}
    expected = {
        f"{a.name} {a.version} {name}": "ok" for a in [*BROKEN, *SOUND] for name in a.modules
    }
    expected |= {f"{twin.name} 1.0 Twin": "ambiguous" for twin in TWINS}
    expected |= {
        "zoo-future 1.0 Future": "incompatible",
        "zoo-misshapen 1.0 Misshapen": "malformed",
        "zoo-double 1.0 Double": "ok",
        "zoo-double 2.0 Double": "shadowed",
    }
    assert found == expected


def test_a_row_says_where_it_is_from_and_both_places_of_a_double(
    run: Run, cages: list[Path]
) -> None:
    rows = of_zoo(run("list-components", "--json"))
    assert rows["zoo-double 1.0 Double"]["location"] == str(cages[1])
    assert rows["zoo-double 1.0 Double"]["editable"] is False
    detail = rows["zoo-double 2.0 Double"]["detail"]
    assert str(cages[1]) in detail
    assert str(cages[2]) in detail


def test_neither_the_path_nor_the_order_of_installation_changes_a_row(
    run: Run, cages: list[Path], zoo_wheels: list[Path], tmp_path: Path
) -> None:
    def text(path: list[Path]) -> str:
        table = run("list-components", path=path)
        assert table.returncode == 0
        return table.stdout

    left, right, last = cages
    expected = text([left, right, last])
    for path in permutations(cages):
        if path.index(right) < path.index(last):  # which double comes first is the user's order
            assert text(list(path)) == expected
    *others, first, _ = zoo_wheels
    for name, wheels in (("one", others[1::2]), ("two", others[::2]), ("one", others[::2])):
        install_into(tmp_path / name, wheels)
    install_into(tmp_path / "two", [*others[1::2], first])
    assert text([tmp_path / "two", last]).replace(str(tmp_path / "two"), str(right)) == expected


def expect_told(line: str, animal: Animal) -> None:
    assert f"module {animal.component} of {animal.name} 1.0 cannot be used: " in line
    assert animal.says in line
    assert "; " in line  # the mend


@pytest.mark.parametrize("animal", BROKEN, ids=lambda animal: animal.name)
def test_showing_a_broken_one_says_whose_it_is_and_why(run: Run, animal: Animal) -> None:
    done = run("show", animal.component)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    expect_told(line, animal)


@pytest.mark.long
def test_checking_all_broken_ones_says_so_of_each_and_checks_the_rest(run: Run) -> None:
    names = [animal.component for animal in BROKEN]
    done = run("check", *names, "Good", "--json")
    document = parsed(done)
    assert done.returncode == 1
    refused = {row["component"]: row["detail"] for row in document["refused"]}
    assert list(refused) == names
    for animal in BROKEN:
        expect_told(refused[animal.component], animal)
    assert {row["status"] for row in document["results"]} <= {"passed", "not tried"}


@pytest.mark.parametrize("animal", BROKEN[::4], ids=lambda animal: animal.name)
@pytest.mark.parametrize("command", ["assemble", "diff"])
def test_other_uses_of_a_broken_one_say_so_too(run: Run, animal: Animal, command: str) -> None:
    done = run(command, "Good", animal.component)
    assert (done.returncode, done.stdout) == (1, "")
    expect_told(done.stderr, animal)


def test_verbose_prints_the_whole_traceback(everything: "Environment", cages: list[Path]) -> None:
    done = everything.run("coreframe", "--verbose", "show", "Raising", path=cages)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert 'zoo_raising.py", line 1' in done.stderr
    assert done.stdout == ""


@pytest.mark.long
@pytest.mark.parametrize("animal", SOUND, ids=lambda animal: animal.name)
def test_what_is_sound_works_and_json_stays_json(run: Run, animal: Animal) -> None:
    name = animal.component
    shown = run("show", name, "--json")
    assert parsed(shown)["component"]["distribution"] == animal.name
    assembled = run("assemble", name, "Linear(2, 3)", "--json")
    assert parsed(assembled)["parameters"] == 9
    checked = run("check", name, "--select", "module.gradient", "--json")
    assert parsed(checked)["passed"] is True
    for done in (shown, assembled, checked):
        assert done.returncode == 0
        if animal.name == "zoo-printing":
            for text in ("printed", "written", "a child printed", "printed at the end"):
                assert text in done.stderr


def test_comparing_keeps_to_json_too(run: Run) -> None:
    done = run("diff", "Printing", "Good", "--json")
    assert parsed(done)["first"] == "Printing()"
    assert "printed" in done.stderr


@pytest.mark.long
def test_only_the_name_of_the_twins_is_ambiguous_and_a_distribution_picks_one(run: Run) -> None:
    for command in ("show", "assemble", "check"):
        done = run(command, "Twin")
        assert done.returncode == 1
        assert "zoo-twin-left 1.0" in done.stderr
        assert "zoo-twin-right 1.0" in done.stderr
        assert run(command, "zoo_twin_right.Twin").returncode == 0
    assert "zoo-twin-right" in run("--prefer", "zoo-twin-right", "show", "Twin").stdout
    same = run("diff", "zoo_twin_left.Twin", "zoo_twin_right.Twin", "--json")
    assert all(row["difference"] == 0 for row in parsed(same)["rows"])


def test_dynamic_listing_names_hook_modules_that_are_wrong(run: Run) -> None:
    done = run("list-components", "--dynamic", "--json")
    assert done.returncode == 0
    assert of_zoo(done)["zoo-finder 1.0 Found"]["status"] == "ok"
    assert "looking around" in done.stderr
    assert (
        "Warning: hooks misspelt of zoo-misspelt 1.0 does not fit coreframe's hooks: there is no "
        "hook coreframe_run_strat; did you mean coreframe_run_start?" in done.stderr
    )
    assert run("assemble", "Found").returncode == 0
    assert run("--disable", "zoo-finder", "assemble", "Found").returncode == 1


def test_a_watcher_that_raises_loses_no_run(everything: "Environment", cages: list[Path]) -> None:
    code = (
        "import coreframe as cf\n"
        "data = cf.create('dataset', 'Moons(samples=50)', seed=0)\n"
        "model = cf.assemble(['Linear(2, 2)'], seed=0)\n"
        "optimizer = cf.create('optimizer', 'SGD(lr=0.1)', model)\n"
        "history = cf.train_model(model, data, cf.create('loss', 'CrossEntropy'), optimizer, epochs=3)\n"
        "print(len(history.loss))\n"
    )
    done = everything.run("python", "-c", code, path=cages)
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr
    assert "hooks finder of zoo-finder 1.0 watches this run no more" in done.stderr
    assert "OSError: no disk" in done.stderr
    assert "hooks misspelt of zoo-misspelt 1.0 does not fit coreframe's hooks" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["doctor", "--help"]])
def test_help_and_version_work(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_commands_of_plugins_stand_beside_broken_ones(run: Run) -> None:
    listed = run("--help").stdout
    assert "shout" in listed
    assert run("greet").stdout == "hello\n"
    done = run("shout")
    assert done.returncode == 1
    assert "command shout of zoo-shouting 1.0 cannot be used" in done.stderr
    assert run("reproduce", "--help").returncode == 0


def findings(done: CompletedProcess[str]) -> set[tuple[str, str]]:
    return {(row["id"], row["subject"]) for row in parsed(done)["findings"]}


STATIC = {
    ("CF001", "module Moduleless of zoo-moduleless 1.0"),
    ("CF002", "module Targetless of zoo-targetless 1.0"),
    ("CF003", "module Misshapen of zoo-misshapen 1.0"),
    ("CF004", "module Future of zoo-future 1.0"),
    ("CF005", "module Twin"),
    ("CF006", "zoo-double 2.0"),
    ("CF008", "hooks misspelt of zoo-misspelt 1.0"),
    ("CF016", "module Syntax of zoo-syntax 1.0"),
}


def test_the_doctor_finds_what_metadata_and_sources_show(run: Run) -> None:
    done = run("doctor", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    found = {finding for finding in findings(done) if "zoo" in finding[1] or "Twin" in finding[1]}
    assert found >= STATIC
    sound = {animal.name for animal in [*SOUND, HOOKS[1], COMMANDS[1]]}
    assert not [f for f in found if any(f"of {name} " in f[1] for name in sound)]
    assert run("doctor", "--fail-level", "never").returncode == 0


@pytest.mark.long
def test_the_doctor_finds_by_imports_what_only_these_show(run: Run) -> None:
    names = [a.name for a in [*BROKEN, *SOUND, *TWINS, *HOOKS, *COMMANDS, *DOUBLES]]
    only = [word for name in dict.fromkeys(names) for word in ("--only", name)]
    done = run(*only, "doctor", "--imports", "--json")
    assert done.returncode == 1
    found = findings(done)
    assert found >= STATIC
    for animal in BROKEN:
        subject = f"module {animal.component} of {animal.name} 1.0"
        assert [f for f in found if f[1] == subject and f[0] != "CF014"], animal
    for name in ("zoo-faceless", "zoo-halved"):
        assert [f for f in found if f[0] == "CF021" and f"of {name} " in f[1]]
    for subject in ("module Printing of zoo-printing 1.0", "module Wailing of zoo-wailing 1.0"):
        assert ("CF023", subject) in found
    assert ("CF020", "command shout of zoo-shouting 1.0") in found
    assert not [f for f in found if "of zoo-good " in f[1] or "of zoo-greeting " in f[1]]


def test_a_new_plugin_begins_beside_the_zoo(everything: "Environment", cages: list[Path]) -> None:
    arguments = ["coreframe", "new-plugin", "Beginning", "--kind", "loss"]
    done = everything.run(*arguments, path=cages)
    assert (done.returncode, done.stderr) == (0, "")


def test_requirements_pin_the_zoo(run: Run) -> None:
    done = run("list-components", "--requirements")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("zoo-good @ file://")]
    assert lines == sorted(lines, key=str.lower)


def test_checking_all_of_a_kind_tells_of_each_that_is_broken(run: Run) -> None:
    # Sequential is made of other components, so this policy keeps it from being checked.
    done = run("--only", "zoo-raising", "--only", "zoo-good", "check", "--all", "--json")
    document = parsed(done)
    assert done.returncode == 1
    assert [row["component"] for row in document["refused"]] == ["Raising", "Sequential"]
    assert {row["component"] for row in document["results"]} == {"Good"}


def test_without_plugins_everything_of_the_core_works(run: Run) -> None:
    listed = parsed(run("--no-plugins", "list-components", "--json"))["components"]
    assert [row["name"] for row in listed if row["status"] == "ok"] == ["Sequential"]
    assert run("--no-plugins", "show", "Sequential").returncode == 0
    assert run("--no-plugins", "show", "Good").returncode == 1
