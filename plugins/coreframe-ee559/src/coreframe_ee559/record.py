"""Writing the study down: tables, figures, and the record of how they came about."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from csv import DictWriter
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from coreframe_ee559.boundary import draw_boundaries
from coreframe_ee559.curves import CURVES, draw_curves
from coreframe_ee559.findings import findings_markdown
from coreframe_ee559.output_folder import FIGURES_FOLDER, prepare_folder
from coreframe_ee559.repeats import FIGURES
from coreframe_ee559.results import StudyResults
from coreframe_ee559.table_one import table_one_markdown, table_one_records
from coreframe_ee559.table_two import table_two_markdown, table_two_records

__all__ = ["write_study"]

DISTRIBUTIONS = (
    "coreframe",
    "coreframe-activations",
    "coreframe-ee559",
    "coreframe-linear",
    "coreframe-losses",
    "coreframe-optimizers",
    "matplotlib",
    "torch",
)


def write_study(results: StudyResults, folder: Path, jobs: int) -> None:
    """Write all files of the study into `folder`, over those of an earlier one."""
    prepare_folder(folder)
    figures = folder / FIGURES_FOLDER
    (folder / "table1.md").write_text(table_one_markdown(results), encoding="utf-8")
    (folder / "table2.md").write_text(table_two_markdown(results), encoding="utf-8")
    (folder / "findings.md").write_text(findings_markdown(results), encoding="utf-8")
    _write_json(folder / "table1.json", table_one_records(results))
    _write_json(folder / "table2.json", table_two_records(results))
    _write_json(folder / "study.json", _study_record(results, jobs))
    _write_csv(folder / "grid.csv", _grid_rows(results))
    _write_csv(folder / "curves.csv", _curve_rows(results))
    for name, (figure, label) in CURVES.items():
        _save(draw_curves(results, figure, label), figures / name)
    _save(draw_boundaries(results), figures / "figure5_decision_boundary")


def _study_record(results: StudyResults, jobs: int) -> dict[str, Any]:
    return {
        "schema": 1,
        "settings": asdict(results.settings),
        "seeds": {
            "grid_data": results.settings.seed,
            "grid_folds": [results.settings.seed + k for k in range(results.settings.folds)],
            "repeats": [results.settings.seed + k for k in range(results.settings.repeats)],
        },
        "trainings": {
            "grid": sum(map(len, results.scores.values())) * results.settings.folds,
            "repeats": len(results.repeats) * results.settings.repeats,
        },
        "seconds": round(results.seconds, 1),
        "jobs": jobs,
        "versions": {name: version(name) for name in DISTRIBUTIONS},
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def _grid_rows(results: StudyResults) -> list[dict[str, Any]]:
    return [
        asdict(variant)
        | asdict(score.settings)
        | {
            "accuracy": score.accuracy,
            "accuracy_std": score.accuracy_std,
            "loss": score.loss,
        }
        for variant, scores in results.scores.items()
        for score in scores
    ]


def _curve_rows(results: StudyResults) -> list[dict[str, Any]]:
    return [
        asdict(variant)
        | {"figure": figure, "epoch": epoch, "mean": float(row.mean()), "std": float(row.std())}
        for variant, repeats in results.repeats.items()
        for figure in FIGURES
        for epoch, row in enumerate(repeats.curves[figure], start=1)
    ]


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _save(figure: Figure, path: Path) -> None:
    # A salt and no date, so that equal results give equal files.
    with mpl.rc_context({"svg.hashsalt": "coreframe"}):
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(path.with_suffix(".png"), dpi=130)
