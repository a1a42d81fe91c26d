"""The command line in processes of its own, beside distributions made by the tests."""

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Protocol

import pytest

TOYS = Path(__file__).parents[1] / "toys"

SETTINGS_OF_THE_CALLER = (
    "COLUMNS",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "NO_COLOR",
    "PYTHONIOENCODING",
    "PYTHONUNBUFFERED",
)


class Coreframe(Protocol):
    """Runs `coreframe` with arguments, the toys and the folders of `sites` installed."""

    def __call__(
        self,
        *args: str,
        sites: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]: ...


class Environment(Protocol):
    """The environment variables that make a process find the toys and the folders of `sites`."""

    def __call__(self, *sites: Path) -> dict[str, str]: ...


class MakeSite(Protocol):
    """Makes a folder in which one distribution is installed."""

    def __call__(
        self, name: str, entry_points: str, module: str = "", *, requires: str = "coreframe"
    ) -> Path: ...


@pytest.fixture(scope="session")
def make_site(tmp_path_factory: pytest.TempPathFactory) -> MakeSite:
    def make(
        name: str, entry_points: str, module: str = "", *, requires: str = "coreframe"
    ) -> Path:
        site = tmp_path_factory.mktemp(name)
        metadata = site / f"{name.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: {requires}\n"
        )
        (metadata / "entry_points.txt").write_text(dedent(entry_points))
        if module:
            (site / f"{name.replace('-', '_')}.py").write_text(dedent(module))
        return site

    return make


@pytest.fixture(scope="session")
def toys(make_site: MakeSite) -> Path:
    """The folder in which the toys are installed."""
    return make_site(
        "coreframe-toys",
        """
        [coreframe.modules]
        Affine = coreframe_toys:Affine
        Square = coreframe_toys:Square
        [coreframe.losses]
        SumOfSquares = coreframe_toys:SumOfSquares
        """,
    )


@pytest.fixture(scope="session")
def environment(toys: Path) -> Environment:
    own = {key: value for key, value in os.environ.items() if key not in SETTINGS_OF_THE_CALLER}
    own["OMP_NUM_THREADS"] = "1"

    def make(*sites: Path) -> dict[str, str]:
        folders = [*map(str, sites), str(toys), str(TOYS), os.environ.get("PYTHONPATH", "")]
        return {**own, "PYTHONPATH": os.pathsep.join(filter(None, folders))}

    return make


@pytest.fixture(scope="session")
def script() -> Path:
    """The command as pip installed it beside this interpreter."""
    found = shutil.which("coreframe", path=sysconfig.get_path("scripts"))
    assert found is not None
    return Path(found)


@pytest.fixture(scope="session")
def coreframe(
    script: Path, environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Coreframe:
    elsewhere = tmp_path_factory.mktemp("elsewhere")  # so that no folder here is imported

    def run(
        *args: str,
        sites: Sequence[Path] = (),
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*(program or [str(script)]), *args],
            cwd=elsewhere,
            env={**environment(*sites), **(env or {})},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run
