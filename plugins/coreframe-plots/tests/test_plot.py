"""coreframe plot: what is drawn, where it goes, and what it says when it cannot."""

import math
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import coreframe as cf
from coreframe_plots import draw_curves, read_runs
from coreframe_plots.picture import expect_replaceable, save_picture

for plugin in ("datasets", "linear", "losses", "optimizers"):
    pytest.importorskip(f"coreframe_{plugin}")

RUN = """\
[data]
name = "Moons"
samples = 100

[model]
layers = ["Linear(2, 2)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "SGD"
lr = 0.05

[run]
epochs = 4
"""
COREFRAME = [sys.executable, "-W", "error", str(Path(sysconfig.get_path("scripts")) / "coreframe")]

Write = Callable[..., Path]


def coreframe(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COREFRAME, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the folder of a run with these losses, and figures of validation that follow."""

    def make(name: str, losses: Sequence[float | None], extra: str = "", loss: str = "") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        text = RUN.replace("CrossEntropy", loss or "CrossEntropy") + extra
        (folder / "run.toml").write_text(text)
        rows = ["epoch,loss,validation_loss,validation_accuracy"]
        for epoch, value in enumerate(losses, start=1):
            told = ",," if value is None else f"{value},{value + 0.25},{1 / (1 + abs(value))}"
            rows.append(f"{epoch},{told}")
        (folder / "metrics.csv").write_text("\n".join(rows) + "\n")
        return folder

    return make


def panels(page: Figure) -> dict[str, Axes]:
    return {panel.get_ylabel(): panel for panel in page.axes}


def points(line: Line2D) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]


def curves(panel: Axes) -> list[Line2D]:
    """The lines of figures, and not those of lone points or of the best epoch."""
    return [
        line
        for line in panel.lines
        if line.get_linestyle() != "None" and "best" not in str(line.get_label())
    ]


def legend(panel: Axes | Figure) -> list[str]:
    found = panel.get_legend() if isinstance(panel, Axes) else panel.legends[0]
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def test_a_trained_run_is_drawn_into_its_folder(tmp_path: Path) -> None:
    pytest.importorskip("coreframe_activations")
    (tmp_path / "moons.toml").write_text(RUN)
    assert coreframe(tmp_path, "train", "moons.toml", "--quiet").returncode == 0
    drawn = coreframe(tmp_path, "plot", "runs/moons")
    assert drawn.returncode == 0, drawn.stderr
    assert drawn.stdout == "runs/moons/figures/curves.png is written\n"
    picture = tmp_path / "runs" / "moons" / "figures" / "curves.png"
    before = picture.read_bytes()
    assert before.startswith(b"\x89PNG")
    again = coreframe(tmp_path, "plot", "runs/moons")  # over its own
    assert again.returncode == 0, again.stderr
    assert picture.read_bytes() == before


def test_one_run_has_a_colour_for_each_split_and_its_best_epoch(write: Write) -> None:
    page = draw_curves(read_runs([write("run", [2.0, 1.0, 0.5, 0.75])]))
    losses, accuracies = panels(page)["Loss (CrossEntropy)"], panels(page)["Accuracy (%)"]
    training, validation = curves(losses)
    assert points(training) == [(1, 2.0), (2, 1.0), (3, 0.5), (4, 0.75)]
    assert points(validation) == [(1, 2.25), (2, 1.25), (3, 0.75), (4, 1.0)]
    assert training.get_color() != validation.get_color()
    assert legend(losses) == ["training", "validation", "best epoch: 3"]
    (accuracy,) = curves(accuracies)
    assert points(accuracy)[1] == (2, 50.0)
    assert legend(accuracies) == ["validation", "best epoch: 3"]
    best = [line for line in losses.lines if "best" in str(line.get_label())]
    assert [line.get_xdata()[0] for line in best] == [3]  # type: ignore[index]
    assert all(panel.get_xlabel() == "Epoch" for panel in page.axes)


def test_the_best_epoch_is_by_the_runs_own_monitor(write: Write) -> None:
    folder = write("run", [2.0, 1.0, 0.5, 0.75], extra='monitor = "validation_accuracy"\n')
    rows = (folder / "metrics.csv").read_text().splitlines()
    rows[2] = rows[2].rpartition(",")[0] + ",0.99"
    (folder / "metrics.csv").write_text("\n".join(rows) + "\n")
    page = draw_curves(read_runs([folder]))
    assert legend(panels(page)["Accuracy (%)"])[-1] == "best epoch: 2"


def test_many_runs_have_a_colour_each_and_splits_a_line_style(write: Write) -> None:
    folders = [write(f"lr-{n}", [2.0, 1.0 / n]) for n in (1, 2, 3)]
    page = draw_curves(read_runs(folders))
    losses = panels(page)["Loss (CrossEntropy)"]
    assert legend(losses) == ["training", "validation"]
    assert legend(page) == ["lr-1", "lr-2", "lr-3"]
    lines = curves(losses)
    assert len(lines) == 6
    assert len({line.get_color() for line in lines}) == 3
    assert len({str(line.get_linestyle()) for line in lines}) == 2
    for training, validation in zip(lines[::2], lines[1::2], strict=True):
        assert training.get_color() == validation.get_color()
        assert training.get_linestyle() != validation.get_linestyle()
    handles = page.legends[0].get_lines()
    assert [h.get_color() for h in handles] == [line.get_color() for line in lines[::2]]


def test_thirty_runs_are_told_apart(write: Write) -> None:
    runs = read_runs([write(f"run-{n}", [2.0, 1.0, 0.5]) for n in range(30)])
    looks = {
        (line.get_color(), line.get_marker())
        for line in curves(panels(draw_curves(runs))["Accuracy (%)"])
    }
    assert len(looks) == 30


def test_colours_are_told_apart_on_white_and_by_colour_blind_readers(write: Write) -> None:
    runs = read_runs([write(f"run-{n}", [2.0, 1.0]) for n in range(7)])
    lines = curves(panels(draw_curves(runs))["Accuracy (%)"])
    assert {to_hex(line.get_color()).upper() for line in lines} == {
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"
    }  # fmt: skip


def test_equal_names_get_the_folders_above_them(write: Write, tmp_path: Path) -> None:
    for name in ("a/run", "b/run", "c/x/run", "d/x/run", "other"):
        write(name, [1.0])
    names = ["a/run", "b/run", "c/x/run", "d/x/run", "other", "a/../a/run"]
    runs = read_runs([tmp_path / name for name in names])
    assert [run.label for run in runs] == ["a/run", "b/run", "c/x/run", "d/x/run", "other"]


def test_a_gap_stays_one_and_a_point_within_is_seen(write: Write) -> None:
    page = draw_curves(read_runs([write("run", [3.0, None, 2.0, None, None, 1.5, 1.0])]))
    panel = panels(page)["Loss (CrossEntropy)"]
    values = [y for _, y in points(curves(panel)[0])]
    assert [math.isnan(y) for y in values] == [False, True, False, True, True, False, False]
    shown = [p for line in panel.lines if line.get_linestyle() == "None" for p in points(line)]
    assert [p for p in shown if p in [(1, 3.0), (3, 2.0), (6, 1.5), (7, 1.0)]] == [
        (1, 3.0),
        (3, 2.0),
    ]


def test_one_epoch_is_a_point(write: Write) -> None:
    panel = panels(draw_curves(read_runs([write("run", [3.0])])))["Loss (CrossEntropy)"]
    marked = [line for line in panel.lines if line.get_marker() not in ("", "None", None)]
    assert points(marked[0]) == [(1, 3.0)]
    assert panel.get_xlim() == (0, 2)


def test_a_long_run_is_its_mean_and_range(write: Write) -> None:
    page = draw_curves(read_runs([write("run", [float(n % 20) for n in range(5000)])]))
    panel = panels(page)["Loss (CrossEntropy)"]
    assert panel.get_xlabel() == "Epoch (mean and range of every 20)"
    line = points(curves(panel)[0])
    assert len(line) == 250
    assert line[0] == (10.5, 9.5)
    box = panel.collections[0].get_paths()[0].get_extents()
    assert (box.y0, box.y1) == (0, 19)


def test_only_the_figures_asked_for(write: Write) -> None:
    runs = read_runs([write("run", [3.0, 2.0])])
    page = draw_curves(runs, ["validation_loss"])
    assert list(panels(page)) == ["Loss (CrossEntropy)"]
    assert legend(page.axes[0]) == ["validation", "best epoch: 2"]
    with pytest.raises(cf.ArgumentError, match="did you mean validation_accuracy"):
        draw_curves(runs, ["accuracy"])
    with pytest.raises(cf.ArgumentError, match="there are loss, validation_loss, validation_acc"):
        draw_curves(runs, ["zzz"])


def test_runs_of_other_figures_and_losses_share_a_picture(write: Write) -> None:
    lone = write("lone", [3.0, 2.0], loss="MSE")
    (lone / "metrics.csv").write_text("epoch,loss\n1,0.5\n")
    page = draw_curves(read_runs([lone, write("run", [3.0, 2.0])]))
    assert len(curves(panels(page)["Loss"])) == 3 + 1  # an empty one for what lone lacks
    assert legend(page) == ["lone", "run"]


def test_a_logarithmic_axis_is_for_losses(write: Write) -> None:
    page = draw_curves(read_runs([write("run", [3.0, 0.0])]), log_scale=True)
    assert panels(page)["Loss (CrossEntropy)"].get_yscale() == "log"
    assert panels(page)["Accuracy (%)"].get_yscale() == "linear"
    negative = read_runs([write("negative", [-3.0, -2.0])])
    with pytest.raises(cf.ArgumentError, match="no loss is above 0"):
        draw_curves(negative, log_scale=True)


def test_a_folders_name_is_shown_as_it_is(write: Write, tmp_path: Path) -> None:
    for name in ("_a$b$", "日本"):
        write(name, [1.0, 2.0])
    drawn = coreframe(tmp_path, "plot", "_a$b$", "日本", "--out", "names.svg")
    assert drawn.returncode == 0, drawn.stderr
    assert drawn.stderr == ""
    page = draw_curves(read_runs([tmp_path / "_a$b$", tmp_path / "日本"]))
    assert legend(page) == ["_a$b$", "日本"]
    assert not any(text.get_parse_math() for text in page.legends[0].get_texts())


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG"), ("SVG", b"<?xml"), ("pdf", b"%PDF")]
)
def test_each_format_knows_its_own(write: Write, tmp_path: Path, suffix: str, start: bytes) -> None:
    page = draw_curves(read_runs([write("run", [2.0, 1.0])]))
    path = tmp_path / f"curves.{suffix}"
    expect_replaceable(path)
    save_picture(page, path)
    assert path.read_bytes().startswith(start)
    expect_replaceable(path)
    page.savefig(path)  # one of matplotlib's, which is not ours
    with pytest.raises(cf.ArgumentError, match="is no plot of coreframe"):
        expect_replaceable(path)


def test_a_file_that_is_no_plot_is_written_over_only_when_told_to(
    write: Write, tmp_path: Path
) -> None:
    write("run", [2.0, 1.0])
    path = tmp_path / "mine.png"
    path.write_bytes(b"somebody's")
    refused = coreframe(tmp_path, "plot", "run", "--out", "mine.png")
    assert refused.returncode == 1
    assert refused.stderr == (
        "Error: mine.png exists and is no plot of coreframe: choose another --out, or --overwrite\n"
    )
    assert path.read_bytes() == b"somebody's"
    assert coreframe(tmp_path, "plot", "run", "--out", "mine.png", "--overwrite").returncode == 0
    assert path.read_bytes().startswith(b"\x89PNG")


def test_many_runs_are_drawn_into_the_current_folder(write: Write, tmp_path: Path) -> None:
    write("run", [2.0, 1.0])
    write("more", [2.0, 1.0])
    assert coreframe(tmp_path, "plot", "run", "more").stdout == "curves.png is written\n"
    assert (tmp_path / "curves.png").is_file()
    assert not (tmp_path / "run" / "figures").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["gone"], 1, "Error: gone is no folder of a run: it has no run.toml\n"),
        (["new"], 1, "Error: new has no figures yet: its first epoch has not ended\n"),
        (["run", "--figure", "los"], 1, "Error: no run has a figure 'los'; did you mean loss?\n"),
        (["run", "--out", "x.gif"], 2, "--out x.gif must end with .png, .svg, .pdf"),
        (["run", "--out", "no/x.png"], 1, "Error: no/x.png cannot be written: No such file"),
        (["run", "--out", "folder.png"], 1, "Error: folder.png cannot be written: Is a directory"),
        (["blocked"], 1, "Error: blocked/figures cannot be made: File exists; choose --out\n"),
        (["broken"], 1, "broken/metrics.csv: line 2 is not one number for each of epoch, loss"),
        ([], 2, "Missing argument 'RUNS...'"),
    ],
)
def test_misuse_is_told_in_a_sentence(
    write: Write, tmp_path: Path, arguments: list[str], code: int, says: str
) -> None:
    write("run", [2.0])
    write("new", [])
    (write("blocked", [2.0]) / "figures").touch()
    (write("broken", []) / "metrics.csv").write_text("epoch,loss\n1,two\n")
    (tmp_path / "folder.png").mkdir()
    done = coreframe(tmp_path, "plot", *arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
