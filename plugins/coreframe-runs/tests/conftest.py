"""A small run."""

from pathlib import Path

import pytest

RUN = """\
[data]
name = "Moons"
samples = 200

[model]
layers = ["Linear(2, 8)", "Tanh", "Dropout(0.1)", "Linear(8, 2)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "SGD"
lr = 0.05
momentum = 0.9

[schedule]
name = "Cosine"

[run]
epochs = 6
batch_size = 16
checkpoint_seconds = 0.0
"""

for plugin in ("activations", "datasets", "linear", "losses", "optimizers", "regularization"):
    pytest.importorskip(f"coreframe_{plugin}")
pytest.importorskip("coreframe_schedules")


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    path = tmp_path / "moons.toml"
    path.write_text(RUN)
    return path
