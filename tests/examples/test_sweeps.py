"""The sweep among the examples finds what its page says, in small."""

from __future__ import annotations

from pathlib import Path

import pytest

search = pytest.importorskip("coreframe_search")
pytest.importorskip("coreframe_datasets")

FILE = Path(__file__).parents[2] / "examples" / "digits_sweep.toml"


def test_some_trials_of_few_epochs_find_usable_settings(tmp_path: Path) -> None:
    changes = ["sweep.trials=12", "run.epochs=6", "sweep.seed=1"]
    results = search.sweep(search.read_sweep(FILE, changes), tmp_path / "sweep", quiet=True)
    assert len(results.trials) == 12
    assert results.count("pruned") > 0
    assert results.best.value > 0.85
    assert (tmp_path / "sweep" / "best.toml").is_file()


@pytest.mark.long
def test_the_sweep_reaches_what_its_page_says(tmp_path: Path) -> None:
    results = search.sweep(search.read_sweep(FILE), tmp_path / "sweep", quiet=True)
    assert len(results.trials) == 48
    assert results.best.value > 0.96
