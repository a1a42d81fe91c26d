"""The page of the doctor lists what it can find, in order, as the code describes it."""

from __future__ import annotations

import re

from documents import ROOT

from coreframe.doctor.catalogue import CATALOGUE

ROW = re.compile(r"^\| `(CF\d{3})` \| (\w+) \| (.+) \|$", re.MULTILINE)


def test_the_tables_of_findings_are_the_catalogue() -> None:
    text = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    static, _, imported = text.partition("\n## With `--imports`\n")
    for part, by_import in ((static, False), (imported, True)):
        wanted = [
            f"| `{entry.id}` | {entry.level} | {entry.means} |"
            for entry in CATALOGUE.values()
            if entry.by_import is by_import
        ]
        assert [match[0] for match in ROW.finditer(part)] == wanted
