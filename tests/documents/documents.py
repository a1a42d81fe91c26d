"""Reading the code out of the documents, so that tests can run it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(
    r"(?:<!-- (?P<key>file|in): (?P<value>\S+) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block, with the file it is to be, or the plugin it needs, if a comment says so."""

    language: str
    text: str
    file: str | None
    plugin: str | None


def read_blocks(document: Path) -> list[Block]:
    return [
        Block(
            match["language"],
            match["text"],
            match["value"] if match["key"] == "file" else None,
            match["value"] if match["key"] == "in" else None,
        )
        for match in FENCE.finditer(document.read_text(encoding="utf-8"))
    ]
