"""Wheels: what each holds and asks for."""

import tomllib
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
NAMES = ["coreframe", *sorted(path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml"))]
BASE_PLUGINS = {
    "coreframe-activations",
    "coreframe-linear",
    "coreframe-losses",
    "coreframe-optimizers",
}


def files(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


@pytest.mark.parametrize("name", NAMES)
class TestWheel:
    def test_it_is_typed(self, wheels: dict[str, Path], name: str) -> None:
        package = name.replace("-", "_")
        assert f"{package}/py.typed" in files(wheels[name])

    def test_it_holds_the_package_and_its_metadata_alone(
        self, wheels: dict[str, Path], name: str
    ) -> None:
        package = name.replace("-", "_")
        top = {file.partition("/")[0] for file in files(wheels[name])}
        assert top == {package, f"{package}-{metadata(wheels[name])['Version']}.dist-info"}

    def test_it_holds_no_tests(self, wheels: dict[str, Path], name: str) -> None:
        assert not [file for file in files(wheels[name]) if "tests" in file or "test_" in file]

    def test_it_carries_the_licence(self, wheels: dict[str, Path], name: str) -> None:
        (path,) = (file for file in files(wheels[name]) if file.endswith("/licenses/LICENSE"))
        with ZipFile(wheels[name]) as archive:
            assert archive.read(path) == (ROOT / "LICENSE").read_bytes()
        assert metadata(wheels[name])["License-File"] == "LICENSE"

    def test_it_says_which_python_and_core_it_needs(
        self, wheels: dict[str, Path], name: str
    ) -> None:
        required = metadata(wheels[name]).get_all("Requires-Dist", [])
        assert metadata(wheels[name])["Requires-Python"] == ">=3.11"
        if name != "coreframe":
            assert any(text.startswith(("coreframe<", "coreframe>")) for text in required)


@pytest.mark.parametrize("name", sorted(BASE_PLUGINS))
def test_a_base_plugin_asks_for_no_other(wheels: dict[str, Path], name: str) -> None:
    required = metadata(wheels[name]).get_all("Requires-Dist", [])
    assert not [text for text in required if text.startswith("coreframe-")]


def test_every_module_of_the_core_is_in_its_wheel(wheels: dict[str, Path]) -> None:
    sources = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("coreframe/**/*.py")}
    assert sources <= set(files(wheels["coreframe"]))


def test_the_core_alone_asks_for_no_plugin_and_its_extra_for_the_base_plugins(
    wheels: dict[str, Path],
) -> None:
    required = metadata(wheels["coreframe"]).get_all("Requires-Dist", [])
    plugins = [text for text in required if text.startswith("coreframe-")]
    extras: dict[str, set[str]] = {"standard": set(), "all": set()}
    for text in plugins:
        name, _, extra = text.replace("'", "").partition("; extra == ")
        extras[extra].add(name.partition("<")[0].partition(">")[0])
    assert extras["standard"] >= BASE_PLUGINS
    assert extras["all"] == {name for name in NAMES if name != "coreframe"}
    assert metadata(wheels["coreframe"]).get_all("Provides-Extra", []) == ["all", "standard"]


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_plugin_admits_the_core_it_is_built_with(wheels: dict[str, Path], name: str) -> None:
    requirements = map(Requirement, metadata(wheels[name]).get_all("Requires-Dist", []))
    (core,) = (requirement for requirement in requirements if requirement.name == "coreframe")
    version = metadata(wheels["coreframe"])["Version"]
    assert core.specifier.contains(version)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["project"]["version"] == version
