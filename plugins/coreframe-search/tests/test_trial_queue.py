"""Each slot of a sweep is filled once, whoever asks, dies or comes late."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

import coreframe as cf
from coreframe_search import read_sweep
from coreframe_search.database import open_storage, open_study, quiet_optuna
from coreframe_search.leases import Leases
from coreframe_search.samplers import grid_point
from coreframe_search.sweep_plan import SweepPlan
from coreframe_search.trial_queue import TrialQueue

SPACES = ["optimizer.momentum=[0.0, 0.5]", "run.batch_size=[8, 16]"]


@contextmanager
def worker(plan: SweepPlan, folder: Path, grace: float = 60.0) -> Iterator[TrialQueue]:
    with quiet_optuna():
        storage = open_storage(f"sqlite:///{folder / 'study.db'}")
        study = open_study(plan, storage)
        study_id = storage.get_study_id_from_name(plan.name)
        with Leases(storage, study_id, grace) as leases:
            yield TrialQueue(plan, study, storage, leases)
        storage.remove_session()


def forget(queue: TrialQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make others take a worker for dead, as one of another machine whose beats have ceased."""
    key = f"worker {queue.leases.worker}"
    told = queue.storage.get_study_user_attrs(queue.study_id)[key]
    queue.storage.set_study_user_attr(queue.study_id, key, {**told, "pid": 2**22 + 1})


def test_two_workers_share_a_grid_and_each_point_is_tried_once(
    sweep_file: Path, tmp_path: Path
) -> None:
    plan = read_sweep(sweep_file, [], SPACES)
    with worker(plan, tmp_path) as one, worker(plan, tmp_path) as other:
        asked = [*one.ask(3), *other.ask(5), *one.ask(100), *other.ask(100)]
        assert sorted(trial.slot for trial in asked) == list(range(12))
        points = {json.dumps(trial.values, sort_keys=True) for trial in asked}
        assert len(points) == 12
        # What divides populations changes slowest.
        sizes = [grid_point(plan, number)["run.batch_size"] for number in range(12)]
        assert sizes == [8] * 6 + [16] * 6


def test_a_dead_workers_trials_are_tried_again_with_their_settings(
    sweep_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = read_sweep(sweep_file, ["sweep.sampler=random", "sweep.trials=4"], ["run.seed=[1, 2]"])
    with worker(plan, tmp_path) as dead, worker(plan, tmp_path) as other:
        lost = dead.ask(2)
        assert [trial.slot for trial in other.ask(2)] == [2, 3]
        assert other.ask(1) == []  # all are at work
        forget(dead, monkeypatch)
        again = other.ask(10)
        assert [trial.slot for trial in again] == [0, 1]
        assert [trial.values for trial in again] == [trial.values for trial in lost]
        # The one that was taken for dead lives, and finishes: too late.
        assert not dead.tell(lost[0], 0.5, TrialState.COMPLETE, {})
        assert not dead.report(lost[1], 0.5, 1)
        assert other.tell(again[0], 0.25, TrialState.COMPLETE, {})
        assert [trial.value for trial in other.results()] == [0.25]


def test_a_worker_is_silent_for_the_grace_before_its_trials_go(
    sweep_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = read_sweep(sweep_file)
    with worker(plan, tmp_path) as one, worker(plan, tmp_path, 5.0) as other:
        one.ask(1)
        monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
        now = [0.0]
        monkeypatch.setattr("time.monotonic", lambda: now[0])
        assert [trial.slot for trial in other.ask(9)] == [1, 2]
        now[0] = 4.9
        assert other.ask(9) == []
        one.leases._tell()
        now[0] = 9.8
        assert other.ask(9) == []
        now[0] = 14.9
        assert [trial.slot for trial in other.ask(9)] == [0]


def test_trials_beyond_the_last_are_given_back(sweep_file: Path, tmp_path: Path) -> None:
    few = read_sweep(sweep_file, ["sweep.sampler=random", "sweep.trials=2"])
    more = read_sweep(sweep_file, ["sweep.sampler=random", "sweep.trials=4"])
    with worker(few, tmp_path) as one, worker(more, tmp_path) as other:
        for trial in one.ask(2):
            one.tell(trial, 1.0, TrialState.COMPLETE, {})
        # As if another had been quicker between looking and asking.
        late = one.storage.create_new_trial(one.study_id)
        assert one.slots().slot(late) == 2
        one._release(late, "there were enough trials")
        assert one.ask(5) == []
        assert len(one.results()) == 2
        # With more wanted its slot is as open as any.
        assert [trial.slot for trial in other.ask(9)] == [2, 3]


def test_of_two_that_take_up_one_trial_the_first_has_it(sweep_file: Path, tmp_path: Path) -> None:
    plan = read_sweep(sweep_file)
    with worker(plan, tmp_path) as one, worker(plan, tmp_path) as other:
        (trial,) = one.ask(1)
        one.release(trial, "interrupted")
        lost = one.slots().trials[0][-1]
        assert len(other._retry(0, lost)) == 1
        assert one._retry(0, lost) == []
        assert len([t for t in one.slots().trials[0] if t.state == TrialState.RUNNING]) == 1


def values_of(plan: SweepPlan, folder: Path, *asks: int) -> list[dict[str, Any]]:
    folder.mkdir()
    found: dict[int, dict[str, Any]] = {}
    with worker(plan, folder) as one, worker(plan, folder) as other:
        for index, most in enumerate(asks):
            for trial in (one, other)[index % 2].ask(most):
                found[trial.slot] = trial.values
    return [found[slot] for slot in sorted(found)]


@pytest.mark.parametrize("sampler", ["random", "grid"])
def test_who_asks_and_for_how_many_changes_no_trial(
    sweep_file: Path, tmp_path: Path, sampler: str
) -> None:
    space = ["optimizer.lr={low=0.01, high=1.0, log=true, count=12}"]
    plan = read_sweep(sweep_file, [f"sweep.sampler={sampler}", "sweep.trials=9"], space)
    first = values_of(plan, tmp_path / "a", 9)
    assert first == values_of(plan, tmp_path / "b", 2, 1, 4, 2)
    assert len({json.dumps(values) for values in first}) > 5
    if sampler == "random":
        seeded = read_sweep(
            sweep_file, ["sweep.sampler=random", "sweep.trials=9", "sweep.seed=1"], space
        )
        assert first != values_of(seeded, tmp_path / "c", 9)


@pytest.mark.parametrize("sampler", ["tpe", "qmc"])
def test_every_sampler_gives_the_same_trials_again(
    sweep_file: Path, tmp_path: Path, sampler: str
) -> None:
    space = ["optimizer.lr={low=0.01, high=1.0}", "run.seed={low=0, high=99}"]
    plan = read_sweep(sweep_file, [f"sweep.sampler={sampler}", "sweep.trials=16"], space)
    first = values_of(plan, tmp_path / "a", 16)
    assert first == values_of(plan, tmp_path / "b", 16)
    assert len({json.dumps(values) for values in first}) == 16


ASKING = """\
import sys, time
from pathlib import Path
from optuna.trial import TrialState
from coreframe_search import read_sweep
from coreframe_search.database import open_storage, open_study, quiet_optuna
from coreframe_search.leases import Leases
from coreframe_search.trial_queue import TrialQueue

plan = read_sweep(Path(sys.argv[1]), ["sweep.sampler=random", "sweep.trials=30"])
with quiet_optuna():
    storage = open_storage("sqlite:///study.db")
    study = open_study(plan, storage)
    with Leases(storage, storage.get_study_id_from_name(plan.name), 60.0) as leases:
        queue = TrialQueue(plan, study, storage, leases)
        print("ready", flush=True)
        sys.stdin.readline()
        while asked := queue.ask(3):
            for trial in asked:
                print(trial.slot)
                queue.tell(trial, 1.0, TrialState.COMPLETE, {})
"""


def test_processes_that_ask_at_once_get_different_trials(sweep_file: Path, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ASKING, str(sweep_file)],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    slots = [
        int(line) for process in processes for line in process.communicate(timeout=120)[0].split()
    ]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(slots) == list(range(30))
    plan = read_sweep(sweep_file, ["sweep.sampler=random", "sweep.trials=30"])
    with worker(plan, tmp_path) as queue:
        assert len(queue.results()) == 30


def test_a_study_of_something_else_is_not_gone_on_with(sweep_file: Path, tmp_path: Path) -> None:
    plan = read_sweep(sweep_file)
    with worker(plan, tmp_path) as queue:
        queue.ask(1)
    others = [
        (["run.epochs=4"], [], r"\[run\] differs"),
        (["optimizer.momentum=0.5"], [], r"\[optimizer\] differs"),
        (["sweep.folds=2"], [], "folds is 0 there and 2 here"),
        ([], ["run.seed=[1, 2]"], r"space.run.seed is missing there and \[1, 2\] here"),
        ([], ["optimizer.lr=[0.1]"], r"lr is \[0.02, 0.1, 0.5\] there and \[0.1\] here"),
    ]
    for changes, spaces, says in others:
        with (
            pytest.raises(cf.ArgumentError, match=says),
            worker(read_sweep(sweep_file, changes, spaces), tmp_path),
        ):
            pass
    with worker(read_sweep(sweep_file, ["sweep.at_once=1", "run.threads=1"]), tmp_path):
        pass
    optuna.create_study(storage=f"sqlite:///{tmp_path / 'own.db'}", study_name="moons")
    (tmp_path / "study.db").unlink()
    (tmp_path / "own.db").rename(tmp_path / "study.db")
    with pytest.raises(cf.ArgumentError, match="is of no sweep"), worker(plan, tmp_path):
        pass
