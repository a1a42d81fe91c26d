"""save_picture: a figure in a file, which is a plot's or was not there."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from coreframe import ArgumentError

__all__ = ["FORMATS", "expect_replaceable", "save_picture"]

MARK = "coreframe plot"
"""In the metadata of each picture: so a plot knows what it may write over."""

FORMATS: dict[str, dict[str, str | None]] = {
    ".png": {"Software": MARK},
    ".svg": {"Creator": MARK, "Date": None},
    ".pdf": {"Creator": MARK, "CreationDate": None},
}
"""The metadata by the end of a name; no dates, so that equal runs make equal files."""


def expect_replaceable(path: Path) -> None:
    """Raise unless the file is not there, or is a plot of coreframe.

    Raises:
        ArgumentError: naming it.
    """
    try:
        if path.exists() and MARK.encode() not in path.read_bytes():
            raise ArgumentError(
                f"{path} exists and is no plot of coreframe: choose another --out, or --overwrite"
            )
    except OSError as error:
        raise ArgumentError(f"{path} cannot be written: {error.strerror}") from error


def save_picture(page: Figure, path: Path) -> None:
    """Write a figure in the format that the name ends with.

    Raises:
        ArgumentError: if the file cannot be written; nothing of it has been changed then, unless
            the disk is full.
    """
    suffix, content = path.suffix.lower(), BytesIO()
    with mpl.rc_context({"svg.hashsalt": MARK}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from")  # a square in a folder's name
        page.savefig(content, format=suffix[1:], dpi=130, metadata=FORMATS[suffix])
    try:
        path.write_bytes(content.getvalue())
    except OSError as error:
        raise ArgumentError(f"{path} cannot be written: {error.strerror}") from error
