"""Checkpoint: a model, and perhaps its optimizer, in one safetensors file."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from coreframe.assembly.assemble import assemble
from coreframe.assembly.create import create
from coreframe.errors import (
    AmbiguousComponent,
    ArgumentError,
    BrokenPlugin,
    CheckpointError,
    CoreframeError,
    DisabledComponent,
    PluginWarning,
    ShapeError,
    SpecError,
    StateError,
    UnknownComponent,
)
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.training.digest import digest
from coreframe.training.file_replacement import replacing
from coreframe.training.plugin_lock import PluginLock
from coreframe.training.progress import Progress

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]

FORMAT = 2

_DTYPES = {str(d): d for d in (torch.float64, torch.float32, torch.bfloat16, torch.float16)}


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file held.

    Attributes:
        model: lone or a population.
        optimizer: the model's, if one was saved.
        progress: how far its training had come, if that was saved, for `train_model(resume=…)`.
        drift: a clause for each component that is of another distribution or version now than
            when it was saved.
    """

    model: Module
    optimizer: Optimizer | None = None
    progress: Progress | None = None
    drift: tuple[str, ...] = ()


def save_checkpoint(
    path: str | os.PathLike[str],
    model: Module,
    optimizer: Optimizer | None = None,
    *,
    progress: Progress | None = None,
) -> None:
    """Write specs, named state, seeds and random streams; training goes on from it bit for bit.

    With them go the distribution and version of each component, and a digest of it all.

    With `progress`, which a watcher gets from `run.progress()`, an interrupted run goes on likewise.

    The file is written beside its place and renamed, so that an interrupted save leaves the
    earlier file as it was. A link stays, and what it points to is replaced.

    Raises:
        CheckpointError: if the folder is missing or cannot be written to, if `path` is no file,
            if the model's spec does not assemble to it again, or if its parameters are of several
            dtypes; nothing has been written then.
    """
    target = Path(path)
    _expect_described(model)
    if optimizer is not None and optimizer.model is not model:
        raise CheckpointError(f"{optimizer!r} was made for another model")
    tensors = _prefixed("model", model.state()) | _prefixed("random", model.random.state())
    if optimizer is not None:
        tensors |= _prefixed("optimizer", optimizer.state())
    if progress is not None:
        tensors |= _prefixed("progress", progress.tensors())
    content = {
        "format": FORMAT,
        "model": repr(model),
        "optimizer": None if optimizer is None else repr(optimizer),
        "seeds": model.random.seeds,
        "dtype": _dtype_of(model),
        "evaluating": [name for name, module in model.named_modules() if not module.training],
        "progress": None if progress is None else progress.counts(),
        "plugins": PluginLock.of(model, optimizer).plain(),
    }
    manifest = json.dumps(content)
    try:
        with replacing(target) as file:
            save_file(
                {name: tensor.contiguous() for name, tensor in tensors.items()},
                file,
                metadata={"coreframe": manifest, "sha256": digest(manifest, tensors)},
            )
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"cannot write the checkpoint {target}: {error}") from error


def _dtype_of(model: Module) -> str | None:
    dtypes = {str(parameter.value.dtype): name for name, parameter in model.named_parameters()}
    if len(dtypes) > 1:
        places = ", ".join(f"{name} of {dtype}" for dtype, name in dtypes.items())
        raise CheckpointError(
            f"a model is saved in one dtype, and this one has several, such as {places}: convert "
            "it with to(dtype) (model.state() gives its values as they are)"
        )
    return next(iter(dtypes), None)


def _expect_described(model: Module) -> None:
    """Raise unless the spec of a model names it whole: what is saved must load again."""
    try:
        twin = create("module", repr(model))
    except CoreframeError as error:
        raise CheckpointError(f"the model cannot be saved by its spec: {error}") from error
    if _outline(twin) != _outline(model):
        raise CheckpointError(
            f"the model cannot be saved by its spec, which assembles to another one: {model!r}; a "
            "layer is shared or was exchanged (model.state() still gives its values)"
        )


def _outline(model: Module) -> tuple[list[tuple[str, type]], list[tuple[str, tuple[int, ...]]]]:
    classes = [(name, type(module)) for name, module in model.named_modules()]
    return classes, [(name, parameter.shape) for name, parameter in model.named_parameters()]


def load_checkpoint(
    path: str | os.PathLike[str],
    device: torch.device | str | None = None,
    *,
    strict: bool = False,
) -> Checkpoint:
    """Assemble what was saved, by registry name, and give it back its state.

    Nothing in the file is executed: it holds specs, numbers and names.

    Args:
        path: the file.
        device: where the model is to live; the CPU if None.
        strict: refuse the file, before anything is imported, where a component is of another
            distribution or version now; otherwise that is a `PluginWarning`.

    Raises:
        CheckpointError: if the file is missing, damaged, altered or of another format; with
            `strict`, if it was saved with other plugins.
        UnknownComponent, AmbiguousComponent, DisabledComponent, BrokenPlugin: if a component is
            not to be had.
    """
    manifest, tensors = _read(Path(path))
    lock = _lock(path, manifest)
    drift = lock.drift()
    other = f"it was saved with other plugins: {'; '.join(drift)}" if drift else ""
    if other and strict:
        raise CheckpointError(f"the checkpoint {path} is refused: {other}")
    try:
        seeds, evaluating = manifest["seeds"], set(manifest["evaluating"])
        lone = isinstance(seeds, int)
        model = assemble(
            manifest["model"],
            seed=seeds if lone else None,
            seeds=None if lone else seeds,
            dtype=None if manifest["dtype"] is None else _DTYPES[manifest["dtype"]],
            device=device,
        )
        model.load_state(_under("model", tensors))
        model.random.load_state(_under("random", tensors))
        _set_modes(model, evaluating)
        optimizer = None
        if manifest["optimizer"] is not None:
            optimizer = create("optimizer", manifest["optimizer"], model)
            optimizer.load_state(_under("optimizer", tensors))
        progress = None
        if manifest["progress"] is not None:
            progress = Progress.read(manifest["progress"], _under("progress", tensors))
        lock.expect_whole(model, optimizer)
    except (UnknownComponent, AmbiguousComponent, DisabledComponent, BrokenPlugin) as error:
        raise type(error)(_because(f"{path} cannot be loaded: {error}", other)) from error
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise CheckpointError(f"the checkpoint {path} is damaged: {error!r}") from error
    except (ArgumentError, ShapeError, SpecError, StateError) as error:
        doubt = f"{path} is damaged, or of another version of its components: {error}"
        raise CheckpointError(_because(doubt, other)) from error
    if other:
        warnings.warn(f"the checkpoint {path} is loaded, but {other}", PluginWarning, stacklevel=2)
    return Checkpoint(model, optimizer, progress, drift)


def _because(fault: str, other: str) -> str:
    return f"the checkpoint {fault}" + (f"; {other}" if other else "")


def _lock(path: str | os.PathLike[str], manifest: dict[str, Any]) -> PluginLock:
    try:
        return PluginLock.read(manifest["plugins"])
    except (KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"the checkpoint {path} is damaged: {error!r}") from error


def _set_modes(model: Module, evaluating: set[str]) -> None:
    layers = dict(model.named_modules())
    if unknown := evaluating - layers.keys():
        raise StateError(f"{model!r} has nothing at {sorted(unknown)}")
    for name, layer in layers.items():
        layer.training = name not in evaluating


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    if not path.is_file():
        raise CheckpointError(f"there is no checkpoint at {path}")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{path} is no readable checkpoint, or it was cut short or altered: {error}"
        ) from error
    try:
        manifest = json.loads(metadata["coreframe"])
    except (KeyError, RecursionError, ValueError) as error:
        raise CheckpointError(f"{path} is not a checkpoint of coreframe's, or altered") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else manifest
        raise CheckpointError(
            f"{path} has checkpoint format {found!r}, this version reads {FORMAT}"
        )
    if metadata.get("sha256") != digest(metadata["coreframe"], tensors):
        raise CheckpointError(
            f"{path} was altered after it was saved: its contents are not those of its digest"
        )
    return manifest, tensors


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}/"
    return {name[len(start) :]: t for name, t in tensors.items() if name.startswith(start)}
