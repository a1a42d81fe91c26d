"""TrainedRun: the files of a run that an export needs."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import coreframe as cf

__all__ = ["CHECKPOINTS", "TrainedRun"]

CHECKPOINTS = ("best", "last", "previous")
SAMPLES = 64  # to verify on


@dataclass(frozen=True)
class TrainedRun:
    """The folder of a run: `run.toml`, `encoding.json`, and `checkpoints/`.

    Attributes:
        folder: where they are.
        sections: what the run file says.
        encoding: how rows of a file become inputs; empty if the data came from no file.
    """

    folder: Path
    sections: dict[str, Any]
    encoding: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> TrainedRun:
        """Read what is there.

        Raises:
            ArgumentError: if it is no folder of a run, or a file of it is damaged.
        """
        plan, encoding = folder / "run.toml", folder / "encoding.json"
        if not plan.is_file():
            raise cf.ArgumentError(f"{folder} is no folder of a run: it has no run.toml")
        path = plan
        try:
            sections = tomllib.loads(plan.read_text("utf-8"))
            path = encoding
            said = json.loads(encoding.read_text("utf-8")) if encoding.is_file() else {}
        except (OSError, RecursionError, ValueError) as error:
            raise cf.ArgumentError(f"{path} cannot be read: {error}") from error
        if not isinstance(said, dict):
            raise cf.ArgumentError(f"{encoding} is no encoding, which has a name for each part")
        for section in ("data", "loss"):
            named = sections.get(section)
            if not isinstance(named, dict) or not isinstance(named.get("name"), str):
                raise cf.ArgumentError(f"{plan} has no {section}.name")
        return cls(folder, sections, said)

    def model(self, checkpoint: str | None = None) -> cf.Module:
        """The model of a checkpoint; if none is named, of the first that is there.

        Raises:
            CheckpointError: if it is not there, or damaged.
        """
        paths = {name: self.folder / "checkpoints" / f"{name}.safetensors" for name in CHECKPOINTS}
        there = [name for name, path in paths.items() if path.is_file()]
        if not there:
            raise cf.CheckpointError(f"there is no checkpoint in {self.folder}")
        chosen = checkpoint or there[0]
        others = ", ".join(name for name in there if name != chosen)
        if chosen not in there:
            raise cf.CheckpointError(
                f"{self.folder} has no checkpoint {chosen!r}; --checkpoint may be {others}"
            )
        try:
            return cf.load_checkpoint(paths[chosen]).model
        except cf.CheckpointError as error:
            hint = f"; --checkpoint may be {others}" if others else ""
            raise cf.CheckpointError(f"{error}{hint}") from error

    def loss(self) -> cf.Loss:
        """The loss that it was trained with."""
        arguments = dict(self.sections["loss"])
        return cf.create("loss", arguments.pop("name"), **arguments)

    def input_layer(self) -> cf.Module | None:
        """What makes inputs of the numbers of a file; None if they are taken as they are."""
        if not self.encoding:
            return None
        distribution, _, name = self.sections["data"]["name"].rpartition(".")
        registry = cf.get_registry()
        record = registry.find(name, kind="dataset", distribution=distribution or None)
        layer: cf.Module | None = registry.load(record).input_layer(self.encoding)
        return layer

    def samples(self) -> Tensor:
        """Inputs of some training samples (samples, *features).

        Raises:
            ArgumentError: if the data cannot be had any more.
        """
        arguments = dict(self.sections["data"])
        try:
            data = cf.create("dataset", arguments.pop("name"), **arguments)
            x, _ = data.train.take(torch.arange(min(SAMPLES, len(data.train))))
        except (cf.CoreframeError, OSError) as error:
            raise cf.ArgumentError(
                f"what a sample is like is not known without the data: {error}; "
                "--input-shape says it, such as --input-shape 4 or 1,8,8"
            ) from error
        return x
