"""What is wrong with what is installed, as warnings beside a command's data."""

from __future__ import annotations

import typer

from coreframe.registry.registry import Registry

__all__ = ["print_warnings"]


def print_warnings(registry: Registry) -> None:
    """Print sources that failed, and options of this run that name nothing."""
    for fault in registry.faults:
        typer.echo(f"Warning: {fault}", err=True)
    for rule in registry.unmatched_rules():
        if rule.origin.startswith("--"):  # files may speak of what is installed elsewhere
            typer.echo(
                f"Warning: {rule.origin} has {rule.pattern}, and nothing of this name is installed",
                err=True,
            )
