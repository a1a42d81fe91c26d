"""RunFolder: what a run leaves behind."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import torch

import coreframe as cf

__all__ = ["RunFolder", "free_folder", "read_versions"]


class RunFolder:
    """The files of one run.

    `run.toml` with every setting, `versions.json`, `encoding.json` (how further samples are read),
    `metrics.csv` and `metrics.jsonl`, `log.txt`, and `checkpoints/` with the last two and the best.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def plan(self) -> Path:
        """The run file, resolved."""
        return self.path / "run.toml"

    @property
    def last(self) -> Path:
        """The newest checkpoint."""
        return self.path / "checkpoints" / "last.safetensors"

    @property
    def previous(self) -> Path:
        """The one before the newest."""
        return self.path / "checkpoints" / "previous.safetensors"

    @property
    def best(self) -> Path:
        """That of the best epoch."""
        return self.path / "checkpoints" / "best.safetensors"

    def begin(self, toml: str, encoding: Mapping[str, Any]) -> None:
        """Make the folder, with what is known before the training; whole, or not at all."""
        beside = RunFolder(self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp"))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside.fill(toml, encoding)
            beside.path.rename(self.path)
        except OSError as error:
            raise cf.ArgumentError(f"the folder {self.path} cannot be made: {error}") from error
        finally:
            shutil.rmtree(beside.path, ignore_errors=True)

    def fill(self, toml: str, encoding: Mapping[str, Any]) -> None:
        """Write the files that are there from the beginning."""
        (self.path / "checkpoints").mkdir(parents=True)
        self.plan.write_text(toml, encoding="utf-8")
        self._write("versions.json", json.dumps(read_versions(), indent=2) + "\n")
        if encoding:
            self._write("encoding.json", json.dumps(encoding, indent=2) + "\n")

    @property
    def encoding(self) -> dict[str, Any]:
        """How further samples are read; empty if the data came from no file."""
        path = self.path / "encoding.json"
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        except (RecursionError, ValueError) as error:
            raise cf.ArgumentError(f"{path} cannot be read: {error}") from error
        return found

    def save(self, run: cf.Run) -> None:
        """Write a checkpoint, and keep the one before it, which goes when the new one is whole."""
        new = self.last.with_name("next.safetensors")
        cf.save_checkpoint(new, run.model, run.optimizer, progress=run.progress())
        if self.last.exists():
            self.last.replace(self.previous)
        new.replace(self.last)

    def sweep(self) -> None:
        """Remove what a process that was killed had begun to write."""
        for path in (self.path / "checkpoints").glob(".*.tmp"):
            path.unlink()

    def change(self, toml: str, changes: Sequence[str]) -> None:
        """Replace the run file by one with these changes, and log them; nothing without any."""
        if changes:
            beside = self.plan.with_name(".run.toml.tmp")
            beside.write_text(toml, encoding="utf-8")
            beside.replace(self.plan)
            self.log(f"goes on with {', '.join(changes)}")

    def load(self, device: str) -> cf.Checkpoint:
        """The newest checkpoint that is whole, on a device.

        Raises:
            CheckpointError: if there is none.
        """
        faults: list[str] = []
        for path in (self.last, self.previous):
            if not path.exists():
                continue
            try:
                checkpoint = cf.load_checkpoint(path, device)
            except cf.CheckpointError as error:
                faults.append(str(error))
                continue
            if faults:
                warnings.warn(
                    f"{faults[0]}; the one before it is used", cf.PluginWarning, stacklevel=2
                )
            return checkpoint
        raise cf.CheckpointError("; ".join(faults) or f"there is no checkpoint in {self.path}")

    def write_metrics(self, rows: Sequence[Mapping[str, float | None]]) -> None:
        """Write all rows anew, as a resumed run does with those of its checkpoint."""
        table = io.StringIO()
        if rows:
            writer = csv.DictWriter(table, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        self._write("metrics.csv", table.getvalue())
        self._write("metrics.jsonl", "".join(_line(row) for row in rows))

    def append_metrics(self, rows: Sequence[Mapping[str, float | None]]) -> None:
        """Add the rows of some epochs."""
        if not rows:
            return
        with self._appending("metrics.csv") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            if not file.tell():
                writer.writeheader()
            writer.writerows(rows)
        with self._appending("metrics.jsonl") as file:
            file.writelines(map(_line, rows))

    def log(self, line: str) -> None:
        """Add a line to the log."""
        with self._appending("log.txt") as file:
            file.write(line + "\n")

    @contextmanager
    def _appending(self, name: str) -> Iterator[TextIO]:
        path = self.path / name
        try:
            with path.open("a", encoding="utf-8", newline="") as file:
                yield file
        except OSError as error:
            raise cf.ArgumentError(f"{path} cannot be written: {error.strerror}") from error

    def _write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")


def _line(row: Mapping[str, float | None]) -> str:
    return json.dumps(row, allow_nan=False) + "\n"


def read_versions() -> dict[str, Any]:
    """What a run was made with: the versions of Python, torch, coreframe and each plugin."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "coreframe": cf.__version__,
        "plugins": _plugin_versions(),
    }


def _plugin_versions() -> dict[str, str]:
    """The version of every distribution that offers something, of several copies the one used."""
    registry = cf.get_registry()
    records = [*registry.components(), *registry.commands(), *registry.hook_modules()]
    found = {r.distribution: r.version for r in records if r.status != "shadowed"}
    return dict(sorted(found.items()))


def free_folder(parent: Path, name: str) -> Path:
    """`parent/name`, or with a number behind it if that is taken: nothing is overwritten."""
    path, number = parent / name, 2
    while path.exists():
        path, number = parent / f"{name}-{number}", number + 1
    return path
