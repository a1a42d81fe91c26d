"""The files of a new plugin: whole, and for the core that writes them."""

import ast
import tomllib

import pytest
from packaging.requirements import Requirement

import coreframe as cf
from coreframe.scaffold.package import fill_package
from coreframe.scaffold.plugin import GROUPS, name_plugin
from coreframe.scaffold.requirement import core_range
from coreframe.version import CHECK_SET

PLUGINS = {kind: name_plugin(kind, "greet" if kind == "command" else "LogCosh") for kind in GROUPS}


@pytest.mark.parametrize("kind", GROUPS)
class TestPackage:
    def test_it_has_these_files(self, kind: str) -> None:
        plugin = PLUGINS[kind]
        source = f"src/{plugin.module}"
        assert [*fill_package(plugin)] == [
            "pyproject.toml",
            "README.md",
            ".github/workflows/ci.yml",
            f"{source}/__init__.py",
            f"{source}/{plugin.stem}.py",
            f"{source}/py.typed",
            f"tests/test_{plugin.stem}.py",
        ]

    def test_nothing_is_left_to_fill_in(self, kind: str) -> None:
        for path, text in fill_package(PLUGINS[kind]).items():
            assert "$" not in text.replace("${{ matrix.python }}", ""), path

    def test_its_project_file_offers_the_component_to_this_core(self, kind: str) -> None:
        plugin = PLUGINS[kind]
        project = tomllib.loads(fill_package(plugin)["pyproject.toml"])["project"]
        target = f"{plugin.module}:{plugin.attribute}"
        assert project["entry-points"] == {plugin.group: {plugin.name: target}}
        (core,) = (Requirement(r) for r in project["dependencies"] if r.startswith("coreframe"))
        assert core.specifier.contains(cf.__version__, prereleases=True)

    def test_its_sources_are_python_that_ends_in_one_line_break(self, kind: str) -> None:
        for path, text in fill_package(PLUGINS[kind]).items():
            if path.endswith(".py"):
                ast.parse(text)
            if not path.endswith("py.typed"):
                assert text == f"{text.strip()}\n", path

    def test_its_workflow_runs_the_tests_and_tries_the_component(self, kind: str) -> None:
        plugin = PLUGINS[kind]
        workflow = fill_package(plugin)[".github/workflows/ci.yml"]
        assert 'python: ["3.11", "3.12", "3.13"]' in workflow
        assert "- run: python -m pytest\n" in workflow
        trial = "coreframe greet" if kind == "command" else "coreframe check LogCosh"
        assert f"- run: {trial}\n" in workflow


@pytest.mark.parametrize("kind", [kind for kind in GROUPS if kind != "command"])
def test_its_tests_name_the_set_of_checks_of_today(kind: str) -> None:
    text = fill_package(PLUGINS[kind])["tests/test_log_cosh.py"]
    assert f'@parametrize_with_checks(["LogCosh"], version={CHECK_SET})' in text


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("0.1.0", ">=0.1,<0.2"),
        ("0.1", ">=0.1,<0.2"),
        ("0.9.3", ">=0.9.3,<0.10"),
        ("0.10.0", ">=0.10,<0.11"),
        ("1.0.0", ">=1.0,<2"),
        ("2.4.0+local.7", ">=2.4,<3"),
        ("0.2.0rc1", ">=0.2.0rc1,<0.3"),
        ("0.3.0.dev0", ">=0.3.0.dev0,<0.4"),
    ],
)
def test_the_range_begins_with_this_version_and_ends_before_the_next_contract(
    version: str, wanted: str
) -> None:
    assert core_range(version) == wanted
    assert Requirement(f"coreframe{wanted}").specifier.contains(version, prereleases=True)
