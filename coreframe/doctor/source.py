"""Source: a file of Python, parsed and never run."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Source", "read_source"]


@dataclass(frozen=True)
class Source:
    """What a file of Python says.

    Attributes:
        path: the file.
        text: what stands in it; bytes that are no UTF-8 become marks.
        tree: the same, parsed; None where it is no valid Python.
        fault: what is wrong then.
        line: and in which line.
    """

    path: Path
    text: str
    tree: ast.Module | None
    fault: str = ""
    line: int = 1


def read_source(path: Path) -> Source | None:
    """The file, parsed as Python itself would; None where nothing can be known."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    text = content.decode(errors="replace")
    try:
        with warnings.catch_warnings():  # on odd escapes, which are none of our concern
            warnings.simplefilter("ignore")
            return Source(path, text, ast.parse(content))
    except SyntaxError as error:  # also for bytes that are not in the encoding they claim
        return Source(path, text, None, error.msg or "invalid syntax", error.lineno or 1)
    except ValueError as error:  # for null bytes, before Python 3.12
        return Source(path, text, None, str(error))
    except (RecursionError, MemoryError):  # it nests too deep for this parser
        return None
