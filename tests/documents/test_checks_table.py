"""The page of all checks lists those that there are, in their order, as they describe themselves."""

from __future__ import annotations

import re

from documents import ROOT

from coreframe.testing import CHECKS

ROW = re.compile(r"^\| `([a-z-]+\.[a-z-]+)` \| (.+) \| (\d+) \|$", re.MULTILINE)


def test_the_table_of_checks_is_the_catalogue() -> None:
    text = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    wanted = [f"| `{check.id}` | {check.shows} | {check.since} |" for check in CHECKS]
    assert [match[0] for match in ROW.finditer(text)] == wanted


def test_each_check_stands_below_the_heading_of_its_kind() -> None:
    text = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0].lower()
        kinds = {match[1].partition(".")[0] for match in ROW.finditer(section)}
        assert len(kinds) == 1
        assert heading.startswith(kinds.pop())
