"""Commands that plugins bring: listed without an import, and unable to disturb the others."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe, MakeSite

GREETER = '''
from coreframe import CoreframeError

number = 3

def greet(name: str, *, times: int = 1) -> None:
    """Say hello."""
    print("hello " * times + name)

def complain() -> None:
    raise CoreframeError("the oven is cold; heat it")

def burst() -> None:
    raise ValueError("the pipe has burst\\nand more")

def unreadable(name: "Missing") -> None:
    pass
'''

COMMANDS = """
[coreframe.commands]
greet = greeter:greet
complain = greeter:complain
burst = greeter:burst
number = greeter:number
unreadable = greeter:unreadable
lost = greeter:lost
misspelt = greeter
show = greeter:greet
twice = greeter:greet
"""


@pytest.fixture(scope="module")
def greeter(make_site: "MakeSite") -> Path:
    return make_site("greeter", COMMANDS, GREETER)


@pytest.fixture(scope="module")
def sites(make_site: "MakeSite", greeter: Path) -> list[Path]:
    broken = "[coreframe.commands]\nbroken = broken:run"
    return [
        greeter,
        make_site("broken", broken, "raise SystemExit('fell over')"),
        make_site("second", "[coreframe.commands]\ntwice = second:run"),
        make_site("late", "[coreframe.commands]\nlate = late:run", requires="coreframe>=99"),
    ]


def test_a_command_runs_with_its_arguments(coreframe: "Coreframe", sites: list[Path]) -> None:
    done = coreframe("greet", "you", "--times", "2", sites=sites)
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello hello you\n", "")


def test_a_command_has_help_of_its_own(coreframe: "Coreframe", sites: list[Path]) -> None:
    done = coreframe("greet", "--help", sites=sites)
    assert done.returncode == 0
    assert "Usage: coreframe greet" in done.stdout
    assert "Say hello." in done.stdout
    assert "--times" in done.stdout


def test_misuse_of_a_command_exits_2(coreframe: "Coreframe", sites: list[Path]) -> None:
    done = coreframe("greet", "you", "--tims", "2", sites=sites)
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such option" in done.stderr
    assert "--tims" in done.stderr


def test_help_lists_every_command_with_its_origin(
    coreframe: "Coreframe", sites: list[Path]
) -> None:
    done = coreframe("--help", sites=sites)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert "greet from greeter 1.0" in lines
    assert "broken from broken 1.0" in lines
    assert "misspelt from greeter 1.0 (malformed)" in lines
    assert "late from late 1.0 (incompatible)" in lines
    assert "greeter.twice from greeter 1.0" in lines
    assert "second.twice from second 1.0" in lines
    assert "greeter.show from greeter 1.0" in lines
    assert len([line for line in lines if line.startswith("show ")]) == 1
    assert not [line for line in lines if line.startswith("twice ")]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("broken", "command broken of broken 1.0 cannot be used: loading broken:run raised"),
        ("lost", "greeter:lost raised AttributeError"),
        ("number", "of greeter 1.0 cannot be used: greeter:number is not a function"),
        ("unreadable", "typer cannot make a command of greeter:unreadable: name 'Missing'"),
        ("misspelt", "its entry point 'greeter' is not of the form module:function"),
        ("late", "it needs coreframe>=99"),
        ("twice", "write greeter.twice or second.twice"),
        ("complain", "Error: the oven is cold; heat it"),
        ("burst", "ValueError: the pipe has burst (coreframe --verbose"),
    ],
)
def test_a_command_that_fails_is_one_sentence(
    coreframe: "Coreframe", sites: list[Path], command: str, words: str
) -> None:
    done = coreframe(command, sites=sites)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_qualified_name_picks_one_of_two(coreframe: "Coreframe", sites: list[Path]) -> None:
    done = coreframe("greeter.twice", "you", sites=sites)
    assert (done.returncode, done.stdout) == (0, "hello you\n")


def test_a_faulty_command_leaves_the_name_to_one_that_can_be_used(
    coreframe: "Coreframe", make_site: "MakeSite", greeter: Path
) -> None:
    sites = [
        make_site("aged", "[coreframe.commands]\ngreet = aged:run", requires="coreframe>=99"),
        make_site("bent", "[coreframe.commands]\ngreet = bent"),
        greeter,
    ]
    assert coreframe("greet", "you", sites=sites).stdout == "hello you\n"
    lines = [
        " ".join(line.split()) for line in coreframe("--help", sites=sites).stdout.splitlines()
    ]
    assert "greet from greeter 1.0" in lines
    assert "aged.greet from aged 1.0 (incompatible)" in lines
    assert "bent.greet from bent 1.0 (malformed)" in lines
    told = coreframe("greet", sites=sites[:2])  # where none of several can be used
    assert told.returncode == 1
    assert "aged 1.0 (it needs coreframe>=99" in told.stderr
    assert "bent 1.0 (its entry point 'bent' is not" in told.stderr


def test_a_command_of_the_core_cannot_be_replaced(
    coreframe: "Coreframe", sites: list[Path]
) -> None:
    assert "offers a component named Nothing" in coreframe("show", "Nothing", sites=sites).stderr
    assert coreframe("greeter.show", "you", sites=sites).stdout == "hello you\n"


def test_broken_commands_do_not_disturb_the_core(coreframe: "Coreframe", sites: list[Path]) -> None:
    for args in (["--version"], ["list-components"]):
        done = coreframe(*args, sites=sites)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == coreframe(*args).stdout


def test_a_misspelt_command_suggests_those_of_plugins(
    coreframe: "Coreframe", sites: list[Path]
) -> None:
    done = coreframe("gret", sites=sites)
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such command 'gret'. Did you mean 'greet'?" in done.stderr
