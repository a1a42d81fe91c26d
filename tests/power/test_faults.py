"""Each planted fault is found, by the check that names it; sound components raise no alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from planting import FAULTS, Fault
from zoo import SOUND, Zoo

from coreframe import get_registry, reset_registry
from coreframe.interfaces.component import Component
from coreframe.testing import CHECKS, run_checks

SEED = 0
MANY_SEEDS = 25  # of 200 in `make kit-power`

WITHOUT_FAULT = {
    "module.memory": "it reports, and judges nothing",
    "module.used-twice": "what breaks it breaks module.last-in-first-out, too",
}


@pytest.fixture(autouse=True)
def zoo() -> Iterator[None]:
    reset_registry()
    get_registry().register(Zoo())
    yield
    reset_registry()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.component.__name__))
def test_fault_is_found(fault: Fault) -> None:
    (check,) = run_checks(fault.component.__name__, select=[fault.check], seed=SEED)
    assert check.status == "failed"
    assert fault.says in check.detail
    assert fault.component.__doc__


@pytest.mark.parametrize("component", SOUND, ids=lambda component: str(component.__name__))
def test_no_false_alarm(component: type[Component]) -> None:
    found = list(run_checks(component.__name__, seed=SEED))
    assert [result for result in found if not result.passed] == []
    assert Counter(result.status for result in found)["passed"] >= len(found) // 2


@pytest.mark.long
@pytest.mark.parametrize("component", SOUND, ids=lambda component: str(component.__name__))
def test_no_false_alarm_over_many_seeds(component: type[Component]) -> None:
    for seed in range(1, MANY_SEEDS):
        found = run_checks(component.__name__, seed=seed)
        assert [result for result in found if not result.passed] == []


def test_there_are_faults_enough() -> None:
    assert len(FAULTS) >= 40
    assert len({fault.component.__name__ for fault in FAULTS}) == len(FAULTS)


def test_each_check_has_a_fault_to_find() -> None:
    tried = {fault.check for fault in FAULTS} | WITHOUT_FAULT.keys()
    assert {check.id for check in CHECKS} == tried
