"""The command `coreframe`: its options, its commands, and how a failure is told."""

from __future__ import annotations

import io
import sys
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.main import get_command

from coreframe.cli.assemble import assemble
from coreframe.cli.check import check
from coreframe.cli.diff import diff
from coreframe.cli.doctor import doctor
from coreframe.cli.list_components import list_components
from coreframe.cli.new_plugin import new_plugin
from coreframe.cli.plugin_commands import CommandGroup
from coreframe.cli.plugin_output import silence_stdout
from coreframe.cli.policy_options import (
    DisableOption,
    NoPluginsOption,
    OnlyOption,
    PreferOption,
)
from coreframe.cli.show import show
from coreframe.errors import CoreframeError, PluginWarning
from coreframe.version import __version__

__all__ = ["build_app", "main"]


@dataclass
class Run:
    """What the failure handler must know of a run of the command line."""

    verbose: bool = False


def main() -> None:
    """Run the command line: exit 0 if it worked, 1 if it failed, 2 if it was misused."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A formula's letters must not end a command where stdout has no place for them.
        sys.stdout.reconfigure(errors="replace")
    run = Run()
    warnings.showwarning = _showing(warnings.showwarning)
    try:
        get_command(build_app()).main(prog_name="coreframe", obj=run)
    except Exception as error:  # noqa: BLE001  # a traceback is for those who ask for it
        if run.verbose:
            traceback.print_exception(error)
        typer.echo(f"Error: {_sentence(error)}", err=True)
        sys.exit(1)
    finally:
        silence_stdout()


def _showing(others: Callable[..., None]) -> Callable[..., None]:
    """Shows warnings about plugins as sentences, and leaves the others as they are."""

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, PluginWarning):
            typer.echo(f"Warning: {message}", err=True)
        else:
            others(message, category, *where, **more)

    return show


def build_app() -> typer.Typer:
    """The commands of the core; those of plugins are found by `CommandGroup`.

    Help and errors are plain text: typer's rich ones ignore NO_COLOR, and put colour into
    pipes where GITHUB_ACTIONS is set.
    """
    app = typer.Typer(
        cls=CommandGroup,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback(invoke_without_command=True)(coreframe)
    app.command("list-components")(list_components)
    app.command("show")(show)
    app.command("assemble")(assemble)
    app.command("check")(check)
    app.command("diff")(diff)
    app.command("new-plugin")(new_plugin)
    app.command("doctor")(doctor)
    return app


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"coreframe {__version__}")
        raise typer.Exit


def coreframe(
    context: typer.Context,
    *,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Print the traceback of an error, too.")
    ] = False,
    disable: DisableOption = None,  # noqa: ARG001  # as of the next three, its callback acts
    only: OnlyOption = None,  # noqa: ARG001
    prefer: PreferOption = None,  # noqa: ARG001
    no_plugins: NoPluginsOption = False,  # noqa: ARG001
    version: Annotated[  # noqa: ARG001  # its callback prints it
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Deep learning without autograd, made of plugins, trained in populations."""
    context.obj.verbose = verbose
    # Here a closed pipe is typer's to handle; at the interpreter's end it would be a message.
    if sys.stdout is not None:  # as it is where the shell closed it
        context.call_on_close(sys.stdout.flush)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _sentence(error: Exception) -> str:
    if isinstance(error, CoreframeError):
        return " ".join(str(error).split())
    lines = str(error).splitlines() or ["no message"]  # torch's go on with a stack of C++
    return (
        f"{type(error).__name__}: {lines[0].strip()} "
        "(coreframe --verbose COMMAND … prints the traceback)"
    )
