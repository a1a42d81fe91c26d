"""The folder that the study is written into."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile

from coreframe import ArgumentError

__all__ = ["FIGURES_FOLDER", "prepare_folder"]

FIGURES_FOLDER = "figures"


def prepare_folder(folder: Path) -> None:
    """Make the folder, and the one for figures in it, and try whether both can be written to.

    Raises:
        ArgumentError: naming the one that cannot.
    """
    for place in (folder, folder / FIGURES_FOLDER):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=place):
                pass
        except OSError as error:
            reason = "it is a file" if place.is_file() else error.strerror
            raise ArgumentError(
                f"cannot write results to {place}: {reason}; name another folder with --out"
            ) from error
