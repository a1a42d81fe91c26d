"""A small run, and the command in processes of its own."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

RUN = """\
[data]
name = "Moons"
samples = 200

[model]
layers = ["Linear(2, 8)", "Tanh", "Dropout(0.1)", "Linear(8, 2)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "SGD"
lr = 0.05
momentum = 0.9

[schedule]
name = "Cosine"

[run]
epochs = 6
batch_size = 16
checkpoint_seconds = 0.0
"""

Coreframe = Callable[..., subprocess.CompletedProcess[str]]

for plugin in ("activations", "datasets", "linear", "losses", "optimizers", "regularization"):
    pytest.importorskip(f"coreframe_{plugin}")
pytest.importorskip("coreframe_schedules")


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    path = tmp_path / "moons.toml"
    path.write_text(RUN)
    return path


@pytest.fixture
def command() -> list[str]:
    return [sys.executable, str(Path(sysconfig.get_path("scripts")) / "coreframe")]


@pytest.fixture
def coreframe(command: list[str], tmp_path: Path) -> Coreframe:
    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
