"""write_folder: a new folder, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from coreframe.errors import ArgumentError

__all__ = ["write_folder"]


def write_folder(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write files, by their paths in a folder that must not exist yet; the paths written.

    They are written beside it, and the whole is renamed, so that a failure leaves nothing.

    Raises:
        ArgumentError: if the folder exists, or cannot be made.
    """
    if os.path.lexists(folder):  # also a link that leads nowhere
        raise ArgumentError(f"{folder} exists, and nothing is overwritten: choose another place")
    if not folder.parent.is_dir():
        raise ArgumentError(f"{folder} cannot be made: there is no folder {folder.parent}")
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        for path, text in files.items():
            file = beside / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        beside.rename(folder)
    except OSError as error:
        raise ArgumentError(f"{folder} cannot be made: {error.strerror or error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)  # after the renaming there is none
    return [folder / path for path in files]
