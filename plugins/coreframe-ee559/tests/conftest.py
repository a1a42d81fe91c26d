"""A study so small that every test can look at it."""

import pytest

from coreframe_ee559.results import StudyResults
from coreframe_ee559.settings import StudySettings
from coreframe_ee559.study import run_study

TINY = StudySettings(
    lrs=(0.01, 0.1),
    batch_sizes=(50,),
    momenta=(0.9,),
    gains=(1.0,),
    epochs=2,
    folds=3,
    repeats=3,
    samples=60,
    seed=5,
)


@pytest.fixture(scope="session")
def tiny_settings() -> StudySettings:
    return TINY


@pytest.fixture(scope="session")
def tiny_results() -> StudyResults:
    return run_study(TINY, jobs=1)
