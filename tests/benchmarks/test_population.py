"""The benchmark of populations runs to its end, and writes its figure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT
from rivals.jax_scan import JaxScan

ROW = re.compile(r"^(.+?) +(\d+\.\d{4})(?: +target +(\d+\.\d{4}) +(met|NOT MET))?$", re.MULTILINE)


def run(*options: str) -> str:
    command = [sys.executable, "-W", "error", str(ROOT / "benchmarks" / "population.py"), "--quick"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *options], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for _, ratio, target, verdict in ROW.findall(done.stdout):
        assert not target or (float(ratio) <= float(target)) == (verdict == "met")
    return done.stdout


def test_chosen_parts_alone_are_timed() -> None:
    out = run("--threads", "1", "--only", "settings", "widths")
    targets = {name: target for name, _, target, _ in ROW.findall(out)}
    assert targets["SGD, own lr and momentum"] == "1.1000"
    assert targets["AdamW, own lr and weight_decay"] == ""
    assert targets["width 8 / torch.nn loop"] == "0.0500"
    assert "models / " not in out


@pytest.mark.long
def test_the_parts_of_a_number_of_threads_print_ratios_and_draw_the_figure(tmp_path: Path) -> None:
    figure = tmp_path / "new" / "population.png"
    out = run("--threads", "1", "--figure", str(figure))
    targets = {name: target for name, _, target, _ in ROW.findall(out)}
    assert targets["3 models / torch.nn loop"] == "0.0200"
    assert targets["3 models / stacked autograd"] == "0.6000"
    assert targets["3 models / torch.func vmap(grad)"] == "0.4000"
    assert targets["3 models / matrix products alone"] == "1.6000"
    assert targets["3 models / scikit-learn MLPClassifier"] == ""
    assert targets["one model / torch.nn loop"] == "0.3500"
    assert targets["2 models / stacked autograd"] == "0.7000"
    if JaxScan.installed():
        assert targets["3 models / JAX jit + scan + vmap"] == "0.7000"
    else:
        assert "JAX jit + scan + vmap: jax is not installed" in out
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.long
def test_cores_and_study_are_timed_once_in_processes_of_their_own() -> None:
    out = run("--only", "cores", "study")
    targets = {name: target for name, _, target, _ in ROW.findall(out)}
    assert targets["time on 2 cores / on one"] == "0.5882"
    assert targets["the cross-validation, minutes"] == "3.0000"
    assert "1800 trainings of 1 epochs, 2 cores" in out
    assert "On one thread" not in out
