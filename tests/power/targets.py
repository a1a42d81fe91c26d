"""Targets: the shipped code that is mutated, and the components whose checks have to notice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Function", "Target", "all_targets"]

ROOT = Path(__file__).parents[2]

ENTRIES = ("forward", "backward", "backward_parameters", "compute_loss", "step", "update")

TEXTS = ("_other_shape", "_wanted", "_without_features")
"""What only writes the text of an error."""


@dataclass(frozen=True)
class Function:
    """A function of a file, and of a class of it if `owner` is not empty."""

    file: str
    owner: str
    name: str

    @property
    def label(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name

    @property
    def key(self) -> str:
        """Mutmut's name of it."""
        module = self.file.removeprefix("src/").removesuffix(".py").replace("/", ".")
        return f"{module}.x{f'ǁ{self.owner}ǁ' if self.owner else '_'}{self.name}"


@dataclass(frozen=True)
class Target:
    """Code to mutate.

    Attributes:
        folder: what holds the package or its `src`, relative to the repository.
        source: the package, relative to the folder; all of it is copied.
        components: whose checks are run; one with a module's name is a class beside this file.
        files: of the package, to mutate; all if empty.
        entries: the functions to begin with. Those that they call in these files follow.
    """

    folder: str
    source: str
    components: tuple[str, ...]
    files: tuple[str, ...] = ()
    entries: tuple[str, ...] = ENTRIES

    @property
    def package(self) -> str:
        return Path(self.source).name

    @property
    def paths(self) -> list[str]:
        """The files to mutate, relative to the folder."""
        found = (ROOT / self.folder / self.source).rglob("*.py")
        given = [f"{self.source}/{file}" for file in self.files]
        return given or sorted(str(p.relative_to(ROOT / self.folder)) for p in found)

    def functions(self) -> list[Function]:
        """The entries, and what they call, in the order of the files."""
        bodies = {
            function: node for path in self.paths for function, node in _functions_of(self, path)
        }
        reached = {function for function in bodies if function.name in self.entries}
        missing = set(self.entries) - {function.name for function in reached} - set(ENTRIES)
        if missing or not reached:
            raise LookupError(f"{self.folder}/{self.source} has no {missing or self.entries}")
        while True:
            called = {name for function in reached for name in _names(bodies[function])}
            more = {f for f in bodies if f.name in called and f.name not in TEXTS} | reached
            if more == reached:
                return [function for function in bodies if function in reached]
            reached = more


def _functions_of(target: Target, path: str) -> Iterator[tuple[Function, ast.FunctionDef]]:
    tree = ast.parse((ROOT / target.folder / path).read_text(encoding="utf-8"))
    for node in tree.body:
        owner = node.name if isinstance(node, ast.ClassDef) else ""
        for function in node.body if isinstance(node, ast.ClassDef) else [node]:
            # Mutmut leaves alone what is decorated, other than by these.
            if isinstance(function, ast.FunctionDef) and all(
                isinstance(d, ast.Name) and d.id in {"staticmethod", "classmethod"}
                for d in function.decorator_list
            ):
                yield Function(path, owner, function.name), function


def _names(node: ast.FunctionDef) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            if isinstance(part.func, ast.Name):
                yield part.func.id
            elif isinstance(part.func, ast.Attribute):
                yield part.func.attr


def all_targets() -> list[Target]:
    """The code whose survivors are listed: that of the plugins, and the core's."""
    return [*PLUGINS, *CORE]


PLUGINS = (
    Target("plugins/coreframe-linear", "src/coreframe_linear", ("Linear", "PaddedLinear")),
    Target(
        "plugins/coreframe-activations",
        "src/coreframe_activations",
        ("ReLU", "Sigmoid", "SiLU", "Tanh"),
        ("elementwise.py", "relu.py", "sigmoid.py", "silu.py", "tanh.py"),
    ),
    Target(
        "plugins/coreframe-activations",
        "src/coreframe_activations",
        ("ELU", "SELU"),
        ("elu.py", "exponential_branch.py", "selu.py"),
        ("function", "slope"),
    ),
    Target(
        "plugins/coreframe-activations",
        "src/coreframe_activations",
        ("GELU", "HardTanh", "LeakyReLU", "Softplus", "Softsign"),
        ("gelu.py", "hardtanh.py", "leaky_relu.py", "softplus.py", "softsign.py"),
        ("function", "slope"),
    ),
    Target(
        "plugins/coreframe-activations",
        "src/coreframe_activations",
        ("LogSoftmax", "Softmax"),
        ("last_axis.py", "log_softmax.py", "softmax.py"),
    ),
    Target("plugins/coreframe-losses", "src/coreframe_losses", ("MSE",), ("mse.py",)),
    Target(
        "plugins/coreframe-losses",
        "src/coreframe_losses",
        ("BinaryCrossEntropy", "Huber", "MAE"),
        ("binary_cross_entropy.py", "huber.py", "mae.py"),
    ),
    Target(
        "plugins/coreframe-losses",
        "src/coreframe_losses",
        ("CrossEntropy", "KLDivergence", "NLL"),
        (
            "class_indices.py",
            "class_weights.py",
            "cross_entropy.py",
            "kl_divergence.py",
            "nll.py",
        ),
    ),
    Target("plugins/coreframe-optimizers", "src/coreframe_optimizers", ("SGD",), ("sgd.py",)),
    Target(
        "plugins/coreframe-optimizers",
        "src/coreframe_optimizers",
        ("Adam", "AdamW"),
        ("adam.py", "adamw.py", "fused.py", "moments.py"),
    ),
    Target(
        "plugins/coreframe-optimizers",
        "src/coreframe_optimizers",
        ("NAdam",),
        ("nadam.py", "warming.py"),
    ),
    Target(
        "plugins/coreframe-optimizers",
        "src/coreframe_optimizers",
        ("Adagrad", "Lion", "RMSprop"),
        ("adagrad.py", "lion.py", "rmsprop.py"),
    ),
    Target(
        "plugins/coreframe-optimizers",
        "src/coreframe_optimizers",
        ("Adagrad", "AdamW", "NAdam", "SGD"),
        ("complement.py", "quotient.py", "step_number.py", "weight_decay.py"),
        (
            "complement",
            "couple_weight_decay",
            "decay_weights",
            "scale_at_step",
            "subtract_quotient",
        ),
    ),
    Target(
        "plugins/coreframe-normalization",
        "src/coreframe_normalization",
        ("BatchNorm", "GroupNorm"),
        ("batch_norm.py", "channel_axis.py", "group_norm.py", "precision.py"),
    ),
    Target(
        "plugins/coreframe-normalization",
        "src/coreframe_normalization",
        ("LayerNorm", "RMSNorm"),
        ("layer_norm.py", "rms_norm.py", "trailing_axes.py"),
    ),
    Target(
        "plugins/coreframe-regularization",
        "src/coreframe_regularization",
        ("Dropout", "GaussianNoise"),
        ("dropout.py", "gaussian_noise.py"),
    ),
    Target(
        "plugins/coreframe-schedules",
        "src/coreframe_schedules",
        (
            "Cosine",
            "Exponential",
            "MultiStep",
            "OneCycle",
            "Polynomial",
            "ReduceOnPlateau",
            "Step",
        ),
        entries=("factor", "observe"),
    ),
    Target(
        "plugins/coreframe-composition",
        "src/coreframe_composition",
        ("Flatten", "Identity", "Reshape"),
        ("flatten.py", "identity.py", "outline.py", "reshape.py"),
    ),
    Target(
        "plugins/coreframe-composition",
        "src/coreframe_composition",
        ("Concatenate", "Parallel", "Residual", "Sum"),
        ("added.py", "branches.py", "concatenate.py", "parallel.py", "residual.py", "sum.py"),
    ),
    Target(
        "plugins/coreframe-composition",
        "src/coreframe_composition",
        ("Repeat", "Scale"),
        ("repeat.py", "scale.py"),
    ),
    Target(
        "plugins/coreframe-tables",
        "src/coreframe_tables",
        (
            "BatchEnsemble",
            "CategoricalEmbedding",
            "MemberCopies",
            "MemberMean",
            "PeriodicEmbedding",
            "PiecewiseLinearEmbedding",
        ),
        entries=(*ENTRIES, "_bins_of"),  # of each column, by map
    ),
    Target(
        "plugins/coreframe-sequence",
        "src/coreframe_sequence",
        ("Embedding", "GRU", "LSTM", "MultiHeadAttention", "PositionalEncoding", "RNN"),
    ),
    Target(
        "plugins/coreframe-convolution",
        "src/coreframe_convolution",
        ("AdaptiveAvgPool2d", "AvgPool2d", "MaxPool2d", "NearestUpsampling"),
        (
            "adaptive_avg_pool2d.py",
            "averages.py",
            "avg_pool2d.py",
            "max_pool2d.py",
            "nearest_upsampling.py",
            "tiles.py",
        ),
    ),
    Target(
        "plugins/coreframe-convolution",
        "src/coreframe_convolution",
        ("AvgPool2d", "Conv1d", "Conv2d", "ConvTranspose2d"),
        (
            "conv1d.py",
            "conv2d.py",
            "conv_transpose2d.py",
            "correlation.py",
            "images.py",
            "weight_gradient.py",
            "window.py",
        ),
        (*ENTRIES, "as_samples", "from_samples", "lies_as_channels"),  # of the pooling layers
    ),
    Target(
        "plugins/coreframe-datasets",
        "src/coreframe_datasets",
        ("Standardize",),
        ("standardize.py",),
    ),
)

CORE = (
    Target(
        ".",
        "coreframe",
        ("Sequential",),
        ("assembly/sequential.py",),
        ("forward", "backward", "backward_parameters"),
    ),
    # What the core computes for losses and optimizers. SGD does not count its steps: Moments does.
    Target(
        ".",
        "coreframe",
        ("MSE",),
        ("interfaces/loss.py",),
        ("expect_same_shape", "share", "weighted_sum", "save", "saved"),
    ),
    Target(
        ".",
        "coreframe",
        ("SGD", "sound_optimizers.Moments", "sound_optimizers.Rolling"),
        ("interfaces/optimizer.py",),
        ("step",),
    ),
    Target(".", "coreframe", ("SGD",), ("interfaces/slab.py",), ("add_scaled",)),
)
