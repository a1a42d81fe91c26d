"""The public names: a change here is a change for every plugin author."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import coreframe

PUBLIC = """
AmbiguousComponent ArgumentError BrokenPlugin Buffer CheckFailed Checkpoint CheckpointError
ComponentRecord Constant ContractError CoreframeError Dataset DisabledComponent DivergedRun
EarlyStopping Ensemble EnsembleEvaluation EnsemblePrediction Evaluation Example ExportError Folds
Graph History Hyperparameter Initializer Loss Module Normal Optimizer PaddedForm Padding Parameter
PluginWarning Policy PolicyError Population Progress ProtocolError RandomStreams Registry Replicas
Rule Run Sample Schedule Segment Selection Sequential Setting Shape ShapeError Slab Spec SpecError
Split StaleOptimizer StateError Subset Task TensorDataset TensorSplit UnknownComponent __version__
add_scaled assemble build_registry choose_block_size compute_accuracy create cut_into_blocks debug
estimate_memory evaluate get_registry hookimpl load_checkpoint measure_block_sizes parse_model parse_spec plugin_code
replacing reset_registry run_tasks save_checkpoint summarize train_model whole_number
xavier_normal
"""


def test_the_public_names_are_these() -> None:
    assert coreframe.__all__ == PUBLIC.split()
    assert coreframe.__all__ == sorted(coreframe.__all__)


def test_every_public_name_can_be_had_and_is_the_one_that_mypy_sees() -> None:
    tree = ast.parse(Path(coreframe.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    homes = {
        alias.name: str(node.module)
        for node in imports
        for alias in node.names
        if str(node.module).startswith("coreframe.")
    }
    assert homes.keys() == set(coreframe.__all__)
    for name, home in homes.items():
        assert getattr(coreframe, name) is getattr(importlib.import_module(home), name)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    assert not hasattr(coreframe, "no_such_name")
    assert dir(coreframe) == coreframe.__all__


def test_importing_the_core_imports_no_torch_and_no_plugin() -> None:
    code = (
        "import sys, coreframe, coreframe.registry.registry, coreframe.cli.app; "
        "coreframe.get_registry().components(); "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "coreframe" in loaded
    assert "torch" not in loaded
    assert not [name for name in loaded if name.startswith("coreframe_")]


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert coreframe.__version__ == version("coreframe")
