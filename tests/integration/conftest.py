"""Real wheels of the core and of every plugin, and environments to install them into.

An environment is a virtual one of its own. It sees the third-party packages of the running one
(torch takes minutes to install) through links in one folder, but nothing of coreframe's: the
links leave out every distribution that offers components, and a folder named in a .pth file does
not have its own .pth files read, so that editable installs stay invisible too.
"""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
PROJECTS = {
    "coreframe": ROOT,
    **{path.parent.name: path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))},
}


def link_dependencies(folder: Path) -> Path:
    """A folder that links to every installed package but coreframe and its plugins."""
    folder.mkdir()
    for site in dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib")):
        for entry in Path(site).iterdir():
            if not (_is_ours(entry) or (folder / entry.name).exists()):
                (folder / entry.name).symlink_to(entry)
    return folder


def _is_ours(entry: Path) -> bool:
    entry_points = entry / "entry_points.txt"
    return (
        "coreframe" in entry.name
        or entry.suffix == ".pth"
        or (entry_points.is_file() and "[coreframe." in entry_points.read_text())
    )


def build_wheel(project: Path, folder: Path) -> Path:
    """The wheel of the project, built into `folder`."""
    before = set(folder.glob("*.whl"))
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    (wheel,) = set(folder.glob("*.whl")) - before
    return wheel


class Environment:
    """A virtual environment in `folder`; its processes run in a folder outside the checkout."""

    def __init__(self, folder: Path, dependencies: Path) -> None:
        venv = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
        subprocess.run(venv, check=True, capture_output=True)
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir()
        (self.site / "dependencies.pth").write_text(f"{dependencies}\n")

    @property
    def site(self) -> Path:
        """Its site-packages."""
        (site,) = (self.folder / "lib").glob("python*/site-packages")
        return site

    def install(self, *wheels: Path) -> None:
        self._pip("install", "--no-deps", "--no-index", *map(str, wheels))

    def uninstall(self, distribution: str) -> None:
        self._pip("uninstall", "--yes", distribution)

    def python(self, code: str) -> str:
        """Run Python code; its standard output."""
        result = self.run("python", "-c", code)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def run(
        self, program: str, *arguments: str, path: Sequence[Path] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, with these folders in front of its own."""
        hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
        env = {name: value for name, value in os.environ.items() if name not in hidden}
        return subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            cwd=self.work,
            env=env | ({"PYTHONPATH": os.pathsep.join(map(str, path))} if path else {}),
            capture_output=True,
            text=True,
            check=False,
        )

    def _pip(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pip", "--python", str(self.folder / "bin" / "python")]
        options = ["--isolated", "--disable-pip-version-check"]
        result = subprocess.run(
            [*command, *options, *arguments], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of each distribution of this repository, by its name."""
    folder = tmp_path_factory.mktemp("wheels")
    return {name: build_wheel(project, folder) for name, project in PROJECTS.items()}


BuildWheel = Callable[[Path], Path]


@pytest.fixture(scope="session")
def wheel_of(tmp_path_factory: pytest.TempPathFactory) -> BuildWheel:
    """Builds the wheel of any project."""
    folder = tmp_path_factory.mktemp("wheels")
    return lambda project: build_wheel(project, folder)


MakeEnvironment = Callable[..., Environment]


@pytest.fixture(scope="session")
def environment(
    tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path]
) -> MakeEnvironment:
    """Makes an environment that holds the named distributions."""
    dependencies = link_dependencies(tmp_path_factory.mktemp("dependencies") / "links")

    def make(*names: str) -> Environment:
        made = Environment(tmp_path_factory.mktemp("environment") / "venv", dependencies)
        made.install(*(wheels[name] for name in names))
        return made

    return make


@pytest.fixture(scope="session")
def everything(environment: MakeEnvironment, wheels: dict[str, Path]) -> Environment:
    """The core with every plugin of this repository; nothing more is installed into it."""
    return environment(*wheels)


@pytest.fixture(scope="session")
def core_alone(environment: MakeEnvironment) -> Environment:
    """The core without any plugin; nothing more is installed into it."""
    return environment("coreframe")


PYPROJECT = """
    [build-system]
    requires = ["hatchling"]
    build-backend = "hatchling.build"

    [project]
    name = "{name}"
    version = "1.0"
    dependencies = ["coreframe>=0.1"]

    [project.entry-points."coreframe.modules"]
    {entry_points}

    [tool.hatch.build.targets.wheel]
    packages = ["{module}"]
"""

MakePlugin = Callable[[str, str, Mapping[str, str]], Path]


@pytest.fixture
def plugin_wheel(tmp_path: Path) -> MakePlugin:
    """Writes the project of a third party, and gives its wheel."""

    def make(name: str, source: str, entry_points: Mapping[str, str]) -> Path:
        module = name.replace("-", "_")
        project = tmp_path / name
        (project / module).mkdir(parents=True)
        (project / module / "__init__.py").write_text(dedent(source))
        lines = "\n".join(f'{key} = "{module}:{target}"' for key, target in entry_points.items())
        text = dedent(PYPROJECT).format(name=name, module=module, entry_points=lines)
        (project / "pyproject.toml").write_text(text)
        return build_wheel(project, tmp_path)

    return make
