"""The examples run, and reach what their page says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGE = EXAMPLES.parent / "docs" / "examples.md"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))

# Other processors round differently, and so make other networks. Over twenty splits the rows had a mean
# of 99.1 %, and a deviation that makes one of 0.24 % for the mean of five.
BOUNDS = {"digits_convolution": 0.988, "digits_by_rows": 0.985}


def load(name: str) -> ModuleType:
    """The script as a module, loaded anew."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_two_epochs_on_two_splits_learn_something(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = load(name)
    monkeypatch.setattr(example, "SEEDS", range(2))
    monkeypatch.setattr(example, "EPOCHS", 2)
    accuracies = example.train()
    assert accuracies.shape == (2,)
    assert (accuracies > 0.2).all()  # a guess is right in a tenth


@pytest.mark.parametrize("name", NAMES)
def test_a_line_a_split_and_a_summary_are_printed(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = load(name)
    monkeypatch.setattr(example, "train", lambda: torch.tensor([0.99, 0.98, 1.0, 0.99, 0.99]))
    example.main()
    *lines, summary = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"split {seed}" for seed in range(5)]
    assert summary == "mean 99.00%, standard deviation 0.71%"


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_the_mean_accuracy_is_reached(name: str) -> None:
    accuracies = load(name).train()
    assert accuracies.shape == (5,)
    assert accuracies.mean() >= BOUNDS[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_the_examples_has_each(name: str) -> None:
    assert f"](../examples/{name}.py)" in PAGE.read_text(encoding="utf-8")
