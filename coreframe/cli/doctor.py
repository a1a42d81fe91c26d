"""`coreframe doctor`: what is wrong with what is installed."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from coreframe.cli.options import JsonOption
from coreframe.cli.table import format_table
from coreframe.doctor.diagnosis import diagnose, in_order
from coreframe.doctor.finding import LEVELS, Finding
from coreframe.doctor.installation import Installation, survey
from coreframe.doctor.trials import try_imports

__all__ = ["doctor"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning


class FailLevel(StrEnum):
    """From which level on a finding fails the command."""

    never = "never"
    error = "error"
    warning = "warning"
    info = "info"


def doctor(
    *,
    imports: Annotated[
        bool,
        typer.Option("--imports", help="Import each component, too, in a process of its own."),
    ] = False,
    timeout: Annotated[
        float, typer.Option(metavar="S", help="Seconds for each import.", min=0.1)
    ] = 30.0,
    fail_level: Annotated[
        FailLevel, typer.Option(help="Exit 1 for a finding as bad as this, or worse.")
    ] = FailLevel.error,
    as_json: JsonOption = False,
) -> None:
    """Find what is wrong with installed plugins."""
    installation = survey()
    findings = diagnose(installation)
    if imports:
        findings = in_order([*findings, *_try_imports(installation, timeout)])
    failing = list(FailLevel)[1 : list(FailLevel).index(fail_level) + 1]
    failed = any(finding.level in failing for finding in findings)
    if as_json:
        document = {
            "schema": SCHEMA,
            "passed": not failed,
            "findings": [asdict(finding) for finding in findings],
        }
        typer.echo(json.dumps(document, indent=2))
    else:
        if findings:
            rows = [(f.id, f.level, f.subject, f.detail) for f in findings]
            typer.echo(format_table(("id", "level", "what", "detail"), rows) + "\n")
        typer.echo(_summary(findings))
    if failed:
        raise typer.Exit(1)


def _try_imports(installation: Installation, limit: float) -> list[Finding]:
    count = len(installation.usable)
    if not sys.stderr.isatty():
        what = "1 component," if count == 1 else f"{count} components, each"
        typer.echo(f"importing {what} in a process of its own", err=True)
        return try_imports(installation, limit)
    with typer.progressbar(length=count, label="importing", file=sys.stderr) as bar:
        return try_imports(installation, limit, lambda _: bar.update(1))


def _summary(findings: Sequence[Finding]) -> str:
    counts = [(level, sum(f.level == level for f in findings)) for level in reversed(LEVELS)]
    told = [f"{count} {level}{'s' * (count > 1)}" for level, count in counts if count]
    return ", ".join(told) or "nothing was found"
