"""`coreframe new-plugin`: what it prints, and what it refuses.

That what it writes installs and passes its own tests is in tests/integration.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Coreframe, MakeSite

FILES = [
    "pyproject.toml",
    "README.md",
    ".github/workflows/ci.yml",
    "src/coreframe_log_cosh/__init__.py",
    "src/coreframe_log_cosh/log_cosh.py",
    "src/coreframe_log_cosh/py.typed",
    "tests/test_log_cosh.py",
]


def test_it_prints_the_files_that_it_wrote_and_what_to_do_next(
    coreframe: "Coreframe", tmp_path: Path
) -> None:
    done = coreframe("new-plugin", "LogCosh", "--kind", "loss", "--directory", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    folder = tmp_path / "coreframe-log-cosh"
    assert done.stdout.splitlines() == [
        *[str(folder / file) for file in FILES],
        "",
        "Next:",
        f"  python -m pip install -e '{folder}[dev]'",
        "  coreframe show LogCosh",
        "  coreframe check LogCosh",
        f"  python -m pytest {folder}",
    ]
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(
        folder / file for file in FILES
    )


def test_a_command_is_run_where_a_component_is_checked(
    coreframe: "Coreframe", tmp_path: Path
) -> None:
    args = ("--kind", "command", "--package", "Polite", "--directory", str(tmp_path / "a b"))
    (tmp_path / "a b").mkdir()
    done = coreframe("new-plugin", "greet", *args)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-4:] == [
        "Next:",
        f"  python -m pip install -e '{tmp_path}/a b/Polite[dev]'",
        "  coreframe greet",
        f"  python -m pytest '{tmp_path}/a b/Polite'",
    ]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["swish", "--kind", "module"], "'swish' cannot be the name of a module"),
        (["Module", "--kind", "module"], "its own file needs that name already"),
        (["Greet", "--kind", "command"], "'Greet' cannot be the name of a command"),
        (["Swish", "--kind", "layer"], "there is no kind 'layer'; the kinds are module"),
        (["Swish", "--kind", "module", "--package", "a/b"], "'a/b' cannot be the name of a"),
        (["Swish", "--kind", "module", "--package", "Pluggy"], "pluggy 1."),
        (["Swish", "--kind", "module", "--package", "import.linter"], "import-linter "),
        (["Swish", "--kind", "module", "--package", "grimp"], "would take its place"),
        (["Swish", "--kind", "module", "--package", "importlinter"], "the module importlinter"),
        (["Swish"], "Missing option '--kind'"),
        (["--kind", "module"], "Missing argument 'NAME'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_misuse_exits_2_and_writes_nothing(
    coreframe: "Coreframe", tmp_path: Path, args: list[str], words: str
) -> None:
    done = coreframe("new-plugin", *args, "--directory", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_second_time_it_is_one_sentence_and_nothing_changes(
    coreframe: "Coreframe", tmp_path: Path
) -> None:
    args = ("new-plugin", "LogCosh", "--kind", "loss", "--directory", str(tmp_path))
    assert coreframe(*args).returncode == 0
    source = tmp_path / "coreframe-log-cosh" / "src" / "coreframe_log_cosh" / "log_cosh.py"
    source.write_text("mine")
    again = coreframe(*args)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == (
        f"Error: {tmp_path}/coreframe-log-cosh exists, and nothing is overwritten: "
        "choose another place\n"
    )
    assert source.read_text() == "mine"


def test_a_folder_that_does_not_exist_is_one_sentence(
    coreframe: "Coreframe", tmp_path: Path
) -> None:
    missing = tmp_path / "missing"
    done = coreframe("new-plugin", "LogCosh", "--kind", "loss", "--directory", str(missing))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: {missing}/coreframe-log-cosh cannot be made: there is no folder {missing}\n"
    )


def test_what_is_installed_and_in_its_way_is_a_warning(
    coreframe: "Coreframe", make_site: "MakeSite", tmp_path: Path
) -> None:
    site = make_site("coreframe-log-cosh", "[coreframe.losses]\nLogCosh = other:LogCosh")
    args = ("new-plugin", "LogCosh", "--kind", "loss", "--directory", str(tmp_path))
    done = coreframe(*args, sites=[site])
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "Warning: coreframe-log-cosh 1.0 offers a loss LogCosh, too",
        "Warning: coreframe-log-cosh 1.0 is installed, and the new package would take its place",
    ]


def test_so_is_a_command_of_the_core(coreframe: "Coreframe", tmp_path: Path) -> None:
    done = coreframe("new-plugin", "show", "--kind", "command", "--directory", str(tmp_path))
    assert done.returncode == 0
    assert done.stderr == "Warning: coreframe has a command show of its own\n"
