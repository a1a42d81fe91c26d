"""coreframe: deep learning without autograd, made of plugins, trained in populations.

The public names below are imported when they are first used (PEP 562), so that
`import coreframe`, the registry and the command line start without torch.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

from coreframe.version import __version__

if TYPE_CHECKING:
    from coreframe.assembly.assemble import assemble, parse_model
    from coreframe.assembly.create import create
    from coreframe.assembly.sequential import Sequential
    from coreframe.assembly.spec import Spec, parse_spec
    from coreframe.assembly.summary import summarize
    from coreframe.cli.plugin_output import plugin_code
    from coreframe.errors import (
        AmbiguousComponent,
        ArgumentError,
        BrokenPlugin,
        CheckFailed,
        CheckpointError,
        ContractError,
        CoreframeError,
        DisabledComponent,
        DivergedRun,
        ExportError,
        PluginWarning,
        PolicyError,
        ProtocolError,
        ShapeError,
        SpecError,
        StaleOptimizer,
        StateError,
        UnknownComponent,
    )
    from coreframe.interfaces.dataset import Dataset
    from coreframe.interfaces.example import Example, Sample
    from coreframe.interfaces.graph import Graph
    from coreframe.interfaces.hyperparameter import Hyperparameter
    from coreframe.interfaces.initializer import Constant, Initializer, Normal, xavier_normal
    from coreframe.interfaces.loss import Loss
    from coreframe.interfaces.module import Module, Shape
    from coreframe.interfaces.optimizer import Optimizer
    from coreframe.interfaces.padded_form import PaddedForm
    from coreframe.interfaces.padding import Padding
    from coreframe.interfaces.parameter import Buffer, Parameter
    from coreframe.interfaces.replicas import Replicas, Selection, Setting
    from coreframe.interfaces.schedule import Schedule
    from coreframe.interfaces.slab import Slab, add_scaled
    from coreframe.interfaces.split import Split
    from coreframe.interfaces.storage import Segment
    from coreframe.interfaces.streams import RandomStreams
    from coreframe.interfaces.tensor_dataset import TensorDataset
    from coreframe.interfaces.tensor_split import TensorSplit
    from coreframe.interfaces.whole_number import whole_number
    from coreframe.registry.hookspecs import hookimpl
    from coreframe.registry.policy import Policy, Rule
    from coreframe.registry.record import ComponentRecord
    from coreframe.registry.registry import Registry, build_registry, get_registry, reset_registry
    from coreframe.training.blocks import (
        Population,
        choose_block_size,
        cut_into_blocks,
        measure_block_sizes,
    )
    from coreframe.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
    from coreframe.training.early_stopping import EarlyStopping
    from coreframe.training.ensemble import Ensemble, EnsembleEvaluation
    from coreframe.training.ensemble_prediction import EnsemblePrediction
    from coreframe.training.evaluation import Evaluation, compute_accuracy, evaluate
    from coreframe.training.file_replacement import replacing
    from coreframe.training.folds import Folds
    from coreframe.training.history import History
    from coreframe.training.memory import estimate_memory
    from coreframe.training.progress import Progress
    from coreframe.training.run import Run
    from coreframe.training.sanitizer import debug
    from coreframe.training.subset import Subset
    from coreframe.training.train import train_model
    from coreframe.training.worker import Task
    from coreframe.training.workers import run_tasks

_HOMES = {
    "AmbiguousComponent": "errors",
    "ArgumentError": "errors",
    "BrokenPlugin": "errors",
    "Buffer": "interfaces.parameter",
    "CheckFailed": "errors",
    "Checkpoint": "training.checkpoint",
    "CheckpointError": "errors",
    "ComponentRecord": "registry.record",
    "Constant": "interfaces.initializer",
    "ContractError": "errors",
    "CoreframeError": "errors",
    "Dataset": "interfaces.dataset",
    "DisabledComponent": "errors",
    "DivergedRun": "errors",
    "EarlyStopping": "training.early_stopping",
    "Ensemble": "training.ensemble",
    "EnsembleEvaluation": "training.ensemble",
    "EnsemblePrediction": "training.ensemble_prediction",
    "Evaluation": "training.evaluation",
    "Example": "interfaces.example",
    "ExportError": "errors",
    "Folds": "training.folds",
    "Graph": "interfaces.graph",
    "History": "training.history",
    "Hyperparameter": "interfaces.hyperparameter",
    "Initializer": "interfaces.initializer",
    "Loss": "interfaces.loss",
    "Module": "interfaces.module",
    "Normal": "interfaces.initializer",
    "Optimizer": "interfaces.optimizer",
    "PaddedForm": "interfaces.padded_form",
    "Padding": "interfaces.padding",
    "Parameter": "interfaces.parameter",
    "PluginWarning": "errors",
    "Policy": "registry.policy",
    "PolicyError": "errors",
    "Population": "training.blocks",
    "Progress": "training.progress",
    "ProtocolError": "errors",
    "RandomStreams": "interfaces.streams",
    "Registry": "registry.registry",
    "Replicas": "interfaces.replicas",
    "Rule": "registry.policy",
    "Run": "training.run",
    "Sample": "interfaces.example",
    "Schedule": "interfaces.schedule",
    "Segment": "interfaces.storage",
    "Selection": "interfaces.replicas",
    "Sequential": "assembly.sequential",
    "Setting": "interfaces.replicas",
    "Shape": "interfaces.module",
    "ShapeError": "errors",
    "Slab": "interfaces.slab",
    "Spec": "assembly.spec",
    "SpecError": "errors",
    "Split": "interfaces.split",
    "StaleOptimizer": "errors",
    "StateError": "errors",
    "Subset": "training.subset",
    "Task": "training.worker",
    "TensorDataset": "interfaces.tensor_dataset",
    "TensorSplit": "interfaces.tensor_split",
    "UnknownComponent": "errors",
    "add_scaled": "interfaces.slab",
    "assemble": "assembly.assemble",
    "build_registry": "registry.registry",
    "choose_block_size": "training.blocks",
    "compute_accuracy": "training.evaluation",
    "create": "assembly.create",
    "cut_into_blocks": "training.blocks",
    "debug": "training.sanitizer",
    "estimate_memory": "training.memory",
    "evaluate": "training.evaluation",
    "get_registry": "registry.registry",
    "hookimpl": "registry.hookspecs",
    "load_checkpoint": "training.checkpoint",
    "measure_block_sizes": "training.blocks",
    "parse_model": "assembly.assemble",
    "parse_spec": "assembly.spec",
    "plugin_code": "cli.plugin_output",
    "replacing": "training.file_replacement",
    "reset_registry": "registry.registry",
    "run_tasks": "training.workers",
    "save_checkpoint": "training.checkpoint",
    "summarize": "assembly.summary",
    "train_model": "training.train",
    "whole_number": "interfaces.whole_number",
    "xavier_normal": "interfaces.initializer",
}

__all__ = [
    "AmbiguousComponent",
    "ArgumentError",
    "BrokenPlugin",
    "Buffer",
    "CheckFailed",
    "Checkpoint",
    "CheckpointError",
    "ComponentRecord",
    "Constant",
    "ContractError",
    "CoreframeError",
    "Dataset",
    "DisabledComponent",
    "DivergedRun",
    "EarlyStopping",
    "Ensemble",
    "EnsembleEvaluation",
    "EnsemblePrediction",
    "Evaluation",
    "Example",
    "ExportError",
    "Folds",
    "Graph",
    "History",
    "Hyperparameter",
    "Initializer",
    "Loss",
    "Module",
    "Normal",
    "Optimizer",
    "PaddedForm",
    "Padding",
    "Parameter",
    "PluginWarning",
    "Policy",
    "PolicyError",
    "Population",
    "Progress",
    "ProtocolError",
    "RandomStreams",
    "Registry",
    "Replicas",
    "Rule",
    "Run",
    "Sample",
    "Schedule",
    "Segment",
    "Selection",
    "Sequential",
    "Setting",
    "Shape",
    "ShapeError",
    "Slab",
    "Spec",
    "SpecError",
    "Split",
    "StaleOptimizer",
    "StateError",
    "Subset",
    "Task",
    "TensorDataset",
    "TensorSplit",
    "UnknownComponent",
    "__version__",
    "add_scaled",
    "assemble",
    "build_registry",
    "choose_block_size",
    "compute_accuracy",
    "create",
    "cut_into_blocks",
    "debug",
    "estimate_memory",
    "evaluate",
    "get_registry",
    "hookimpl",
    "load_checkpoint",
    "measure_block_sizes",
    "parse_model",
    "parse_spec",
    "plugin_code",
    "replacing",
    "reset_registry",
    "run_tasks",
    "save_checkpoint",
    "summarize",
    "train_model",
    "whole_number",
    "xavier_normal",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'coreframe' has no attribute {name!r}")
    value = getattr(_import_module(f"coreframe.{_HOMES[name]}"), name)
    globals()[name] = value  # the next access finds it without this function
    return value


def __dir__() -> list[str]:
    return __all__
