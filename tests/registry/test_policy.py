"""Policy: what the user keeps out is listed, says so, and is never imported."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coreframe import (
    AmbiguousComponent,
    DisabledComponent,
    PolicyError,
    build_registry,
    create,
    get_registry,
)
from coreframe.registry.policy_sources import user_file

if TYPE_CHECKING:
    from tests.registry.conftest import Install

LAYERS = """
    from coreframe import Module

    class Swish(Module):
        def forward(self, x):
            return x

        def backward(self, dy):
            return dy

    class Mish(Swish):
        pass
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, somewhere inside a project whose file the test may write."""
    inside = tmp_path / "project" / "src" / "deep"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    return tmp_path / "project"


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file, which the test may write."""
    monkeypatch.setenv("COREFRAME_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "config.toml"


@pytest.fixture
def nets(install: "Install") -> None:
    for name in ("alpha-nets", "beta-nets"):
        module = name.replace("-", "_")
        offers = f"[coreframe.modules]\nSwish = {module}:Swish\n"
        if name == "alpha-nets":
            offers += f"Mish = {module}:Mish\n"
        install(name, offers, {module: LAYERS})


def statuses() -> dict[str, str]:
    found = build_registry().components("module")
    return {r.qualified: r.status for r in found if "nets" in r.distribution}


ALL_BUT_MISH = {
    "alpha_nets.Mish": "disabled",
    "alpha_nets.Swish": "ambiguous",
    "beta_nets.Swish": "ambiguous",
}


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    ("disable", "kept_out"),
    [
        ("alpha-nets", {"alpha_nets.Mish", "alpha_nets.Swish"}),
        ("Alpha_Nets", {"alpha_nets.Mish", "alpha_nets.Swish"}),
        ("Swish", {"alpha_nets.Swish", "beta_nets.Swish"}),
        ("alpha_nets.Swish", {"alpha_nets.Swish"}),
        ("alpha-nets.Swish, Mish", {"alpha_nets.Swish", "alpha_nets.Mish"}),
        ("swish", set()),  # components are spelt as they are, distributions as pip takes them
        ("Swi", set()),
        ("Alpha.Nets", set()),  # with a dot it is a component of a distribution
    ],
)
def test_disabling_by_distribution_component_or_both(
    monkeypatch: pytest.MonkeyPatch, disable: str, kept_out: set[str]
) -> None:
    monkeypatch.setenv("COREFRAME_DISABLE", disable)
    assert {name for name, status in statuses().items() if status == "disabled"} == kept_out


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    ("only", "let_in"),
    [
        ("beta-nets", {"beta_nets.Swish"}),
        ("Mish", {"alpha_nets.Mish"}),
        ("alpha_nets.Mish,beta_nets.Swish", {"alpha_nets.Mish", "beta_nets.Swish"}),
        ("alpha-nets;Swish", {"alpha_nets.Swish"}),  # two lists, and each has to admit it
        ("nothing-of-this-name", set()),
    ],
)
def test_allowing_only_some(monkeypatch: pytest.MonkeyPatch, only: str, let_in: set[str]) -> None:
    monkeypatch.setenv("COREFRAME_ONLY", only)
    assert {name for name, status in statuses().items() if status != "disabled"} == let_in
    assert build_registry().find("Sequential").status == "ok"  # the core's own


@pytest.mark.usefixtures("nets")
def test_what_is_disabled_says_who_did_it_and_is_no_rival(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COREFRAME_DISABLE", "Mish,beta-nets")
    assert get_registry().find("Swish").distribution == "alpha-nets"
    with pytest.raises(DisabledComponent) as error:
        create("module", "Mish")
    assert str(error.value) == (
        "module Mish of alpha-nets 1.0 cannot be used: --disable (or COREFRAME_DISABLE) "
        "disables Mish"
    )


@pytest.mark.usefixtures("nets")
def test_all_that_bear_a_name_may_be_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COREFRAME_DISABLE", "Swish")
    with pytest.raises(DisabledComponent, match=r"Swish cannot be used, as alpha-nets 1\.0 \("):
        create("module", "Swish")


@pytest.mark.usefixtures("nets")
def test_no_plugins_leaves_the_core_and_reads_no_policy(
    monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    (project / "pyproject.toml").write_text("[tool.coreframe\n")
    monkeypatch.setenv("COREFRAME_NO_PLUGINS", "1")
    usable = [r.name for r in build_registry().components() if r.is_usable]
    assert usable == ["Sequential"]


def test_a_disabled_plugin_is_never_imported(install: "Install") -> None:
    folder = install(
        "loud",
        "[coreframe.modules]\nLoud = loud:Loud\n[coreframe.hooks]\nloud = loud\n"
        "[coreframe.commands]\nloud = loud:run",
        {"loud": "raise RuntimeError('imported')"},
    )
    script = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "import coreframe as cf\n"
        "registry = cf.get_registry()\n"
        "for use in (lambda: cf.create('module', 'Loud'), lambda: cf.create('module', 'Nobody'),\n"
        "            lambda: registry.load(registry.find_command('loud'))):\n"
        "    try:\n"
        "        use()\n"
        "    except (cf.DisabledComponent, cf.UnknownComponent):\n"
        "        continue\n"
        "    raise AssertionError(use)\n"
        "registry.components(dynamic=True)\n"
        "assert not registry.faults, registry.faults\n"
        "assert 'loud' not in sys.modules\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COREFRAME_DISABLE": "loud"},
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.usefixtures("nets")
def test_a_preference_settles_what_a_name_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COREFRAME_PREFER", "gamma-nets, beta_nets.Swish, alpha-nets")
    registry = build_registry()
    assert registry.find("Swish").distribution == "beta-nets"
    assert registry.find("Swish", distribution="alpha-nets").distribution == "alpha-nets"
    other = next(r for r in registry.components() if r.qualified == "alpha_nets.Swish")
    assert (other.status, other.detail) == (
        "ambiguous",
        "that of beta-nets is preferred; write alpha_nets.Swish",
    )


@pytest.mark.usefixtures("nets")
def test_a_preference_that_fits_both_settles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COREFRAME_PREFER", "Swish")
    with pytest.raises(AmbiguousComponent, match="prefer one"):
        build_registry().find("Swish")


@pytest.mark.usefixtures("nets")
def test_the_project_and_the_user_have_their_say(
    project: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pyproject.toml").write_text(
        "[project]\nname = 'x'\n[tool.coreframe]\nonly = ['alpha-nets', 'beta-nets']\n"
        "prefer = ['beta-nets']\n"
    )
    user.write_text("disable = ['Mish']\nprefer = ['alpha-nets']\n")
    registry = build_registry()
    assert registry.find("Swish").distribution == "beta-nets"  # the project's comes first
    detail = registry.find("Mish").detail
    assert detail == f"{user} disables Mish"
    linear = [r for r in registry.components() if r.distribution == "coreframe-linear"]
    assert all(r.status == "disabled" for r in linear)
    monkeypatch.setenv("COREFRAME_ONLY", "beta-nets")
    assert [name for name, status in statuses().items() if status != "disabled"] == [
        "beta_nets.Swish"
    ]


@pytest.mark.usefixtures("nets")
def test_the_nearest_project_that_has_a_policy_counts(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.coreframe]\ndisable = ['Mish']\n")
    (project / "src" / "pyproject.toml").write_text("[project]\nname = 'no policy'\n")
    assert statuses() == ALL_BUT_MISH
    (project / "src" / "deep" / "pyproject.toml").write_text("[tool.coreframe]\n")
    assert statuses()["alpha_nets.Mish"] == "ok"


@pytest.mark.usefixtures("nets")
def test_an_empty_list_of_only_lets_nothing_in(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.coreframe]\nonly = []\n")
    assert set(statuses().values()) == {"disabled"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.coreframe", "cannot be read: "),
        ("[tool]\ncoreframe = 3", "must be a table, with disable, only, prefer"),
        ("[tool.coreframe]\ndissable = []", "no setting 'dissable'; did you mean disable?"),
        ("[tool.coreframe]\nx = []", "no setting 'x'; there are disable, only, prefer"),
        ("[tool.coreframe]\nonly = 'a'", "only in [tool.coreframe] of "),
        ("[tool.coreframe]\nonly = [3]", "must be a list of names, such as"),
        ("[tool.coreframe]\nonly = ['']", "got ['']"),
    ],
)
def test_a_policy_that_cannot_be_understood_is_an_error_that_names_its_file(
    project: Path, text: str, says: str
) -> None:
    (project / "pyproject.toml").write_text(text)
    with pytest.raises(PolicyError) as error:
        build_registry()
    assert says in str(error.value)
    assert str(project / "pyproject.toml") in str(error.value)


def test_a_project_file_that_is_none_of_ours_is_not_read(project: Path) -> None:
    (project / "pyproject.toml").write_text("[broken")
    assert build_registry().find("Sequential").status == "ok"


def test_a_user_file_that_is_no_text_is_an_error(user: Path) -> None:
    user.write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match=r"config\.toml, which may hold a policy .*--no-plugins"):
        build_registry()


def test_where_the_users_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COREFRAME_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", "settings")
    assert user_file() == Path("settings/coreframe/config.toml")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.delenv("APPDATA", raising=False)
    assert user_file() == Path.home() / ".config" / "coreframe" / "config.toml"


@pytest.mark.usefixtures("nets")
def test_rules_that_name_nothing_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COREFRAME_DISABLE", "Swish,Swosh")
    monkeypatch.setenv("COREFRAME_PREFER", "gamma-nets")
    assert [rule.pattern for rule in build_registry().unmatched_rules()] == ["Swosh", "gamma-nets"]


def test_a_list_of_distributions_admits_no_other_by_a_name_that_it_bears(
    install: "Install", monkeypatch: pytest.MonkeyPatch
) -> None:
    install("evil", "[coreframe.hooks]\nalpha-nets = evil\nalpha_nets = evil", {"evil": "1 / 0"})
    install("alpha-nets-swish", "[coreframe.modules]\nEvil = evil:Evil")
    monkeypatch.setenv("COREFRAME_ONLY", "alpha-nets,alpha_nets.Swish")
    registry = build_registry()
    evil = [r.status for r in registry.hook_modules() if r.distribution == "evil"]
    assert evil == ["disabled", "disabled"]
    registry.hooks()
    assert registry.hook_faults == []
    assert registry.find("Evil").status == "disabled"


def test_a_file_that_the_environment_names_must_be_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COREFRAME_CONFIG", str(tmp_path / "nope.toml"))
    with pytest.raises(PolicyError, match=r"there is no file .*nope\.toml, which COREFRAME_CONFIG"):
        build_registry()


@pytest.mark.parametrize("text", ["x = " + "9" * 5000, "x = " + "[" * 5000])
def test_a_file_without_measure_is_a_policy_error(user: Path, text: str) -> None:
    user.write_text(text)
    with pytest.raises(PolicyError, match="cannot be read"):
        build_registry()


def test_a_mark_at_a_files_beginning_and_blanks_are_nothing(user: Path) -> None:
    user.write_text("\ufeffdisable = [' Sequential ']", encoding="utf-8")
    assert build_registry().find("Sequential").status == "disabled"


def test_a_user_without_a_home_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("COREFRAME_CONFIG")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(Path, "home", staticmethod(homeless))
    assert user_file() is None
    build_registry()


@pytest.mark.parametrize("value", ["0", "false", "No", ""])
def test_no_plugins_can_be_denied(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("COREFRAME_NO_PLUGINS", value)
    assert not build_registry().policy.core_only
