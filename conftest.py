"""Settings of every test run, of the core and of each plugin, and what their tests share."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

# Small tensors gain nothing from a second thread, and wait a hundred times longer for it when
# the machine is busy with something else.
torch.set_num_threads(1)

# Nobody's own policy on plugins decides what the tests see, in the processes that they start too.
for variable in [name for name in os.environ if name.startswith("COREFRAME_")]:
    del os.environ[variable]
os.environ["COREFRAME_CONFIG"] = os.devnull


@pytest.fixture(scope="session")
def onnx_cases() -> Mapping[str, Any]:
    """Inputs and outputs that come with the ONNX standard, by the name of the case.

    Making them takes seven seconds, so all packages share them.
    """
    with warnings.catch_warnings():  # the package's own
        warnings.simplefilter("ignore")
        from onnx.backend.test.loader import load_model_tests  # noqa: PLC0415  # few need it

        return {case.name: case for case in load_model_tests(kind="node")}


@pytest.fixture
def command() -> list[str]:
    """The command as pip installed it beside this interpreter."""
    return [sys.executable, str(Path(sysconfig.get_path("scripts")) / "coreframe")]


@pytest.fixture
def coreframe(
    command: list[str], tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command in a process of its own, in the test's folder."""

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
