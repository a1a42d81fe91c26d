"""A small sweep."""

from pathlib import Path

import pytest

SWEEP = """\
[data]
name = "Moons"
samples = 150

[model]
layers = ["Linear(2, 6)", "Tanh", "Dropout(0.1)", "Linear(6, 2)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "SGD"
lr = 0.1
momentum = 0.9

[schedule]
name = "Cosine"

[run]
epochs = 3
batch_size = 16

[sweep]
sampler = "grid"

[sweep.space]
optimizer.lr = [0.02, 0.1, 0.5]
"""

for plugin in ("activations", "datasets", "linear", "losses", "optimizers", "regularization"):
    pytest.importorskip(f"coreframe_{plugin}")
pytest.importorskip("coreframe_schedules")


@pytest.fixture
def sweep_file(tmp_path: Path) -> Path:
    path = tmp_path / "moons.toml"
    path.write_text(SWEEP)
    return path
