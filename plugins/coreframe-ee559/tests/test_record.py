import csv
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import torch

from coreframe_ee559.curves import CURVES
from coreframe_ee559.findings import findings_markdown, meets_report
from coreframe_ee559.record import write_study
from coreframe_ee559.report import ACTIVATIONS, TABLE_TWO
from coreframe_ee559.results import StudyResults
from coreframe_ee559.variant import VARIANTS, Variant


@pytest.fixture(scope="module")
def folder(tiny_results: StudyResults, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_study(tiny_results, folder, jobs=1)
    return folder


def test_table_one_has_the_report_beside_ours_in_every_cell(folder: Path) -> None:
    cells = json.loads((folder / "table1.json").read_text())
    assert len(cells) == len(VARIANTS) * 5
    for cell in cells:
        assert cell["difference"] == pytest.approx(cell["here"] - cell["report"])
    text = (folder / "table1.md").read_text()
    assert text.count("| Learning rate | 0.01 |") == 4  # ReLU's report column, in each reading
    assert "not in the grid" in text  # the report's batch sizes 16 and 100 are not in this one


def test_table_two_has_the_report_beside_ours_in_every_cell(
    folder: Path, tiny_results: StudyResults
) -> None:
    cells = json.loads((folder / "table2.json").read_text())
    assert len(cells) == len(VARIANTS) * 4 * 3
    for cell in cells:
        assert cell["difference"] == pytest.approx(cell["here"] - cell["report"])
    variant = Variant("Tanh", 3, standardize=False)
    (mean,) = [
        cell["here"]
        for cell in cells
        if (cell["activation"], cell["hidden_layers"], cell["standardize"]) == ("Tanh", 3, False)
        and (cell["figure"], cell["statistic"]) == ("test_accuracy", "mean")
    ]
    assert mean == pytest.approx(
        tiny_results.repeats[variant].curves["test_accuracy"][-1].mean().item()
    )


def test_every_figure_is_written_as_png_and_svg(folder: Path) -> None:
    for name in [*CURVES, "figure5_decision_boundary"]:
        assert (folder / "figures" / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        drawing = ET.parse(folder / "figures" / f"{name}.svg").getroot()  # noqa: S314  # our own
        assert len(list(drawing.iter())) > 100


def test_equal_results_give_equal_files(
    folder: Path, tiny_results: StudyResults, tmp_path: Path
) -> None:
    write_study(tiny_results, tmp_path, jobs=1)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        assert file.read_bytes() == (tmp_path / file.relative_to(folder)).read_bytes(), file


def test_the_record_says_how_the_study_came_about(folder: Path) -> None:
    record = json.loads((folder / "study.json").read_text())
    assert record["trainings"] == {"grid": len(VARIANTS) * 2 * 3, "repeats": len(VARIANTS) * 3}
    assert record["settings"]["seed"] == 5
    assert record["seeds"]["repeats"] == [5, 6, 7]
    assert record["versions"]["torch"] == torch.__version__


def test_the_csv_files_hold_every_setting_and_every_point(folder: Path) -> None:
    with (folder / "grid.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(VARIANTS) * 2
    with (folder / "curves.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(VARIANTS) * 4 * 2


def _with_accuracies(results: StudyResults, accuracies: dict[str, float]) -> StudyResults:
    repeats = dict(results.repeats)
    for variant, found in results.repeats.items():
        curves = dict(found.curves)
        for figure in ("train_accuracy", "test_accuracy"):
            curves[figure] = torch.full_like(curves[figure], accuracies[variant.activation])
        repeats[variant] = replace(found, curves=curves)
    return replace(results, repeats=repeats)


def test_the_findings_say_what_is_met_and_what_is_not(tiny_results: StudyResults) -> None:
    met = {name: TABLE_TWO[name]["test_accuracy"][0] for name in ACTIVATIONS}
    text = findings_markdown(_with_accuracies(tiny_results, met))
    assert text.count("meets it within 1.5 points") == 12
    assert "does not meet it" not in text
    gaps = {"ReLU": 0.94, "Tanh": 0.958, "Sigmoid": 0.5}
    results = _with_accuracies(tiny_results, gaps)
    text = findings_markdown(results)
    assert not meets_report(results, Variant("ReLU", 3, standardize=False))
    assert text.count("does not meet it") == 12
    assert text.count("It hardly leaves chance") == 4
    # (0.958 − 0.7902) / (0.958 − 0.5) = 0.366, and 0.366 · 0.634 · 0.458² = 0.0487
    assert text.count("Were 37 % of the report's trainings left at chance") == 4
    assert "variance of 0.049" in text
    assert "not comparable" in text  # two epochs are not the report's hundred
