"""SweepFolder: what a sweep leaves behind."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import parquet

import coreframe as cf
from coreframe_runs import read_versions
from coreframe_search.plots import draw_plots
from coreframe_search.results import SweepResults
from coreframe_search.sweep_plan import SweepPlan

__all__ = ["SweepFolder"]

SCHEMA = 1  # of the JSON; raised when a field goes or changes its meaning


class SweepFolder:
    """The files of one sweep.

    `sweep.toml` with every setting, `versions.json`, `study.db` unless the trials are in another
    database, and of the trials that are over `trials.csv`, `trials.parquet`, `trials.json`,
    `blocks.json`, `best.toml` and `plots/`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def plan(self) -> Path:
        """The run file with its section [sweep], resolved."""
        return self.path / "sweep.toml"

    @property
    def best(self) -> Path:
        """The run file of the best trial."""
        return self.path / "best.toml"

    @property
    def json(self) -> str:
        """The trials that are over, in a versioned schema."""
        return (self.path / "trials.json").read_text(encoding="utf-8")

    @property
    def database(self) -> str:
        """The URL of the sweep's own database."""
        return f"sqlite:///{(self.path / 'study.db').absolute()}"

    @contextmanager
    def made(self) -> Iterator[None]:
        """Make the folder, or go on in that of a sweep; a new one goes again if that fails.

        Raises:
            ArgumentError: if it cannot be made, or holds other things.
        """
        names = {path.name for path in self.path.iterdir()} if self.path.is_dir() else set()
        if self.path.is_file() or (names and not names & {"sweep.toml", "study.db"}):
            raise cf.ArgumentError(
                f"{self.path} exists and is no folder of a sweep: choose another by --out"
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cf.ArgumentError(f"the folder {self.path} cannot be written: {error}") from error
        try:
            yield
        except cf.CoreframeError:
            with suppress(OSError):  # it is not empty
                self.path.rmdir()
            raise

    def begin(self, plan: SweepPlan) -> None:
        """Write what is known before the trials.

        Raises:
            ArgumentError: if it cannot be written.
        """
        try:
            self._write("sweep.toml", plan.toml)
            self._write("versions.json", json.dumps(read_versions(), indent=2) + "\n")
        except OSError as error:
            raise cf.ArgumentError(f"the folder {self.path} cannot be written: {error}") from error

    def write(self, results: SweepResults) -> None:
        """Write the tables, the best run's file and the plots anew.

        Raises:
            ArgumentError: if they cannot be written.
        """
        rows = [trial.row for trial in results.trials]
        try:
            self._write("trials.csv", _csv(results.plan, rows))
            self._write("trials.json", _json(results, rows))
            self._write("blocks.json", json.dumps(_blocks(results), indent=2) + "\n")
            self._write_parquet(results.plan, rows)
            if results.best is not None:
                self._write("best.toml", _best(results))
                draw_plots(results, self.path / "plots")
        except OSError as error:
            raise cf.ArgumentError(f"the folder {self.path} cannot be written: {error}") from error

    def _write(self, name: str, text: str) -> None:
        """Whole or not at all: another worker may write the same."""
        beside = self.path / f".{name}.{os.getpid()}.tmp"
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.path / name)

    def _write_parquet(self, plan: SweepPlan, rows: Sequence[dict[str, Any]]) -> None:
        columns = {name: [_cell(row.get(name)) for row in rows] for name in _headings(plan)}
        beside = self.path / f".trials.parquet.{os.getpid()}.tmp"
        parquet.write_table(
            pa.table({name: _column(cells) for name, cells in columns.items()}), beside
        )
        beside.replace(self.path / "trials.parquet")


def _headings(plan: SweepPlan) -> list[str]:
    return ["trial", "state", "value", "epochs", "block", "seconds", "note", *plan.space]


def _csv(plan: SweepPlan, rows: Sequence[dict[str, Any]]) -> str:
    table = io.StringIO()
    writer = csv.DictWriter(table, _headings(plan), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(row.get(name)) for name in _headings(plan)} for row in rows)
    return table.getvalue()


def _json(results: SweepResults, rows: Sequence[dict[str, Any]]) -> str:
    best = results.best
    document = {
        "schema": SCHEMA,
        "objective": results.plan.objective,
        "direction": "maximize" if results.plan.rises else "minimize",
        "best": None if best is None else best.trial,
        "trials": rows,
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _blocks(results: SweepResults) -> list[dict[str, Any]]:
    """The populations, each with its trials in their order: what a repetition needs."""
    blocks: dict[int, list[int]] = {}
    for trial in results.trials:
        if trial.block is not None:
            blocks.setdefault(trial.block, []).append(trial.trial)
    return [{"block": block, "trials": trials} for block, trials in sorted(blocks.items())]


def _best(results: SweepResults) -> str:
    best = results.best
    assert best is not None  # noqa: S101  # asked before
    plan = results.plan
    comment = f"# The best of {len(results.trials)} trials, number {best.trial}: {plan.objective} "
    return f"{comment}{best.value:.6g}\n\n{plan.plan(best.settings).toml}"


def _cell(value: Any) -> Any:
    """Lists and sections as JSON, since a table has one value to a cell."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def _column(cells: list[Any]) -> pa.Array:
    try:
        return pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers and texts in one column
        return pa.array([None if cell is None else str(cell) for cell in cells])
