"""A table larger than memory: it trains under a limit of a process's own memory."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyarrow import csv as arrow_csv

RUN = """\
[data]
name = "Table"
path = "big.csv"
target = "y"
standardize = true

[model]
layers = ["Linear(50, 8)", "Tanh", "Linear(8, 2)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "SGD"
lr = 0.05

[run]
epochs = 1
batch_size = 256
threads = 1
"""

MIB = 2**20
ROOM = 240  # MiB beside what torch and pyarrow take, less than half of the file
COLUMNS = 50

# Runs a command under a limit of what it alone has in memory, and says what it had at most.
LIMITED = """\
import json, os, resource, subprocess, sys, time
limit, report, *command = sys.argv[1:]
def lower():
    resource.setrlimit(resource.RLIMIT_STACK, (2**20, resource.RLIM_INFINITY))  # of each thread
    resource.setrlimit(resource.RLIMIT_DATA, (int(limit), int(limit)))
process = subprocess.Popen(command, preexec_fn=lower)
peak = {"RssAnon": 0, "VmData": 0}
while process.poll() is None:
    try:
        with open(f"/proc/{process.pid}/status") as status:
            for line in status:
                name, _, value = line.partition(":")
                if name in peak:
                    peak[name] = max(peak[name], int(value.split()[0]) // 1024)
    except OSError:
        pass
    time.sleep(0.01)
with open(report, "w") as file:
    json.dump(peak, file)
sys.exit(process.returncode)
"""


def write_table(path: Path, rows: int, parts: int) -> None:
    draw = np.random.default_rng(0)
    names = [*(f"x{column}" for column in range(COLUMNS)), "y"]
    with path.open("wb") as file:
        for part in range(parts):
            x = draw.standard_normal((rows, COLUMNS))
            y = np.where(x[:, 0] + x[:, 1] > 0, "up", "down")
            options = arrow_csv.WriteOptions(include_header=not part)
            arrow_csv.write_csv(pa.table([*x.T, pa.array(y)], names=names), file, options)


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="nothing says what is in memory")
def test_a_table_larger_than_memory_trains_an_epoch(command: list[str], tmp_path: Path) -> None:
    table, report = tmp_path / "big.csv", tmp_path / "peak.json"
    write_table(table, rows=30_000, parts=20)
    (tmp_path / "big.toml").write_text(RUN)
    environment = os.environ | {"COREFRAME_CACHE": str(tmp_path / "kept"), "OMP_NUM_THREADS": "1"}

    def run(limit: int, *arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, int]]:
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, str(limit), str(report), *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done, json.loads(report.read_text())

    imports = "import torch, pyarrow.csv, pyarrow.parquet, coreframe_datasets"
    done, base = run(2**40, sys.executable, "-c", imports)
    assert done.returncode == 0, done.stderr
    limit = (base["VmData"] + ROOM) * MIB
    assert table.stat().st_size > 2 * ROOM * MIB
    train = [*command, "train", "big.toml", "--quiet", "--out"]
    try:
        done, loaded = run(limit, *train, "loaded", "--set", "data.stream=false")
        assert done.returncode == 1
        assert "big.csv takes more memory than there is; stream=True reads a part of" in done.stderr
        assert not (tmp_path / "loaded").exists()
        done, streamed = run(limit, *train, "streamed")  # unasked, since it is so large
        assert done.returncode == 0, done.stderr
        with (tmp_path / "streamed" / "metrics.csv").open() as file:
            (row,) = csv.DictReader(file)
        assert float(row["validation_accuracy"]) > 0.95
        print(f"{table.stat().st_size // MIB} MiB of CSV, torch {base}: {loaded=}, {streamed=}")  # noqa: T201
        more = [*command, "predict", "streamed", "big.csv", "--out", "found.csv"]
        done, predicted = run(limit, *more)
        assert done.returncode == 0, done.stderr
        with (tmp_path / "found.csv").open() as file:
            assert sum(1 for _ in file) == 600_001
        print(f"{predicted=}")  # noqa: T201
    finally:
        for path in (table, tmp_path / "found.csv", *(tmp_path / "kept").glob("*")):
            path.unlink(missing_ok=True)
