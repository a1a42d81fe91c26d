"""Rules: a policy that names nothing, or cannot be read."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coreframe.doctor.installation import survey

if TYPE_CHECKING:
    from tests.doctor.conftest import Examine, Install

LAYER = {"swish.py": "Swish = 1"}


def write_policy(text: str) -> Path:
    path = Path("pyproject.toml").absolute()  # of the current folder, which is the test's own
    path.write_text(f"[tool.coreframe]\n{text}")
    return path


def test_a_rule_that_names_nothing(install: "Install", examine: "Examine") -> None:
    install("swish", "[coreframe.modules]\nSwish = swish:Swish", LAYER)
    path = write_policy('disable = ["Swich", "qqqqqq"]\nprefer = ["swish.Swish", "swish"]')
    findings = examine()
    assert [(f.id, f.subject) for f in findings] == [("CF012", "policy")] * 2
    near, far = sorted(finding.detail for finding in findings)
    assert near == (
        f"[tool.coreframe] of {path} names Swich, and nothing of that name is installed; "
        "did you mean Swish?"
    )
    assert far.endswith(
        "names qqqqqq, and nothing of that name is installed; correct it, or take it out"
    )


def test_what_hooks_may_offer_at_run_time_is_unknown(
    install: "Install", examine: "Examine"
) -> None:
    source = "from coreframe import hookimpl\n@hookimpl\ndef coreframe_components(): return []"
    install("remote", "[coreframe.hooks]\nremote = remote", {"remote.py": source})
    write_policy('disable = ["Later", "no-such-thing"]')
    (finding,) = examine()
    assert "names no-such-thing" in finding.detail


def test_hooks_that_offer_nothing_leave_it_certain(install: "Install", examine: "Examine") -> None:
    install("board", "[coreframe.hooks]\nboard = board", {"board.py": "x = 1"})
    write_policy('disable = ["Later"]')
    assert [finding.id for finding in examine()] == ["CF012"]


@pytest.mark.parametrize("text", ["disable = 3", "disabel = []", "= ["])
def test_a_policy_that_cannot_be_read_is_a_finding_and_stops_nothing(
    install: "Install", examine: "Examine", text: str
) -> None:
    install("swish", "[coreframe.modules]\nSwish = gone:Swish")
    path = write_policy(text)
    unreadable, dead = sorted(examine(), key=lambda finding: finding.id, reverse=True)
    assert (unreadable.id, unreadable.subject, dead.id) == ("CF015", "policy", "CF001")
    assert str(path) in unreadable.detail


def test_a_policy_that_can_be_read_is_none(install: "Install", examine: "Examine") -> None:
    install("swish", "[coreframe.modules]\nSwish = swish:Swish", LAYER)
    write_policy('prefer = ["swish"]')
    assert examine() == []


def test_a_folder_that_is_gone_has_no_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Path:
        raise FileNotFoundError("no such folder")

    monkeypatch.setattr(Path, "cwd", gone)
    assert survey().policy_fault == ""
    assert survey().records
