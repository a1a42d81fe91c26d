"""Workers on one study: one killed in the middle loses nothing, and nothing counts twice."""

import csv
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from coreframe_search import read_sweep
from coreframe_search.slots import Slots

TRIALS = 24
SETTINGS = {
    "sweep.sampler": "random",
    "sweep.trials": TRIALS,
    "sweep.at_once": 3,
    "run.epochs": 20,
}
SPACE = "optimizer.lr={low=0.01, high=0.5, log=true}"

pytestmark = pytest.mark.long


def start(
    command: list[str], file: Path, out: Path, *more: object, **settings: object
) -> "subprocess.Popen[str]":
    given = {**SETTINGS, **{name.replace("_", ".", 1): v for name, v in settings.items()}}
    sets = [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
    return subprocess.Popen(
        [
            *[*command, "sweep", str(file), "--quiet", "--out", str(out), "--space", SPACE],
            *[*sets, *map(str, more)],
        ],
        cwd=file.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def study_of(url: str) -> optuna.Study:
    return optuna.load_study(study_name="moons", storage=url)


def wait_for_results(url: str, count: int, *processes: "subprocess.Popen[str]") -> None:
    """Until so many trials are done."""
    ended = time.monotonic() + 180
    while time.monotonic() < ended:
        for process in processes:
            assert process.poll() is None, process.communicate()
        try:
            states = [trial.state for trial in study_of(url).get_trials(deepcopy=False)]
        except Exception:  # noqa: BLE001  # nobody has begun it
            states = []
        if states.count(TrialState.COMPLETE) >= count:
            return
        time.sleep(0.05)
    raise AssertionError("no worker has come so far")


def kill_at_work(url: str, process: "subprocess.Popen[str]") -> list[optuna.trial.FrozenTrial]:
    """Kill a worker while it has trials, which are given back."""
    ended = time.monotonic() + 180
    while time.monotonic() < ended:
        process.send_signal(signal.SIGSTOP)  # so that it stays as it is seen
        try:
            study = study_of(url)
            told = {key: about for key, about in study.user_attrs.items() if "worker " in key}
            has = [
                trial
                for trial in study.get_trials(states=(TrialState.RUNNING,))
                if told[f"worker {trial.user_attrs['worker']}"]["pid"] == process.pid
            ]
        except Exception:  # noqa: BLE001  # it was stopped while it had the database
            has = []
        if has:
            process.kill()
            process.communicate()
            return has
        process.send_signal(signal.SIGCONT)
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError("the worker was never seen at work")


def results_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open() as file:
        return list(csv.DictReader(file))


def test_one_of_three_workers_is_killed_and_no_trial_is_lost_or_counted_twice(
    command: list[str], sweep_file: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    folders = [tmp_path / name for name in ("one", "two", "three")]
    workers = [start(command, sweep_file, out, "--storage", url) for out in folders]
    wait_for_results(url, 1, *workers)
    lost = kill_at_work(url, workers[1])
    for worker in (workers[0], workers[2]):
        told, errors = worker.communicate(timeout=300)
        assert (worker.returncode, errors) == (0, "")
        assert f"{TRIALS} trials, {TRIALS} complete" in told
    trials = study_of(url).get_trials()
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    assert len(complete) == TRIALS
    assert len({trial.params["optimizer.lr"] for trial in complete}) == TRIALS
    slots = Slots.of(trials)
    for trial in lost:
        left = next(t for t in trials if t.number == trial.number)
        assert left.state == TrialState.FAIL
        assert left.user_attrs["released"] == "its worker has died"
        again = slots.holder(slots.slot(trial._trial_id))
        assert again is not None
        assert again.state == TrialState.COMPLETE
        assert trial.params.items() <= again.params.items()
    assert all(trial.state in (TrialState.COMPLETE, TrialState.FAIL) for trial in trials)
    assert len(trials) - TRIALS == len([t for t in trials if "released" in t.user_attrs])
    rows = results_of(folders[0])
    assert rows == results_of(folders[2])
    assert [int(row["trial"]) for row in rows] == list(range(TRIALS))
    assert len({trial.user_attrs["worker"] for trial in complete}) >= 2
    # The same settings by one worker alone give the same figures.
    alone = start(command, sweep_file, tmp_path / "alone")
    alone.communicate(timeout=300)
    assert alone.returncode == 0
    for row, other in zip(rows, results_of(tmp_path / "alone"), strict=True):
        assert float(row["value"]) == pytest.approx(float(other["value"]), abs=1e-4)
        assert row["optimizer.lr"] == other["optimizer.lr"]


def test_workers_of_one_command_share_the_trials_and_end_with_it(
    command: list[str], sweep_file: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'sweep' / 'study.db'}"
    # So much that the second one is there before all is done.
    more = {"sweep_at_once": 2, "run_epochs": 200}
    process = start(command, sweep_file, tmp_path / "sweep", "--workers", 2, **more)
    told, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    assert f"{TRIALS} trials, {TRIALS} complete" in told
    complete = study_of(url).get_trials(states=(TrialState.COMPLETE,))
    assert len(complete) == TRIALS
    assert len({trial.user_attrs["worker"] for trial in complete}) == 2
    pids = [told["pid"] for key, told in study_of(url).user_attrs.items() if "worker " in key]
    for pid in pids:
        assert not Path(f"/proc/{pid}").exists()


def test_ctrl_c_gives_trials_back_and_the_same_command_goes_on(
    command: list[str], sweep_file: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'sweep' / 'study.db'}"
    process = start(command, sweep_file, tmp_path / "sweep", "--workers", 2)
    wait_for_results(url, 4, process)
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=120)
    done = len(results_of(tmp_path / "sweep"))
    assert 4 <= done < TRIALS
    assert (process.returncode, told) == (130, "")
    assert errors == (f"interrupted after {done} of {TRIALS} trials; the same command goes on\n")
    trials = study_of(url).get_trials()
    assert not [trial for trial in trials if trial.state == TrialState.RUNNING]
    before = {row["trial"]: row for row in results_of(tmp_path / "sweep")}
    again = start(command, sweep_file, tmp_path / "sweep", "--workers", 1)
    told, errors = again.communicate(timeout=300)
    assert (again.returncode, errors) == (0, "")
    rows = {row["trial"]: row for row in results_of(tmp_path / "sweep")}
    assert len(rows) == TRIALS
    assert all(rows[trial] == row for trial, row in before.items())
    complete = study_of(url).get_trials(states=(TrialState.COMPLETE,))
    assert len(complete) == len({t.params["optimizer.lr"] for t in complete}) == TRIALS
    # Nothing is left to do: the results are there at once, and more may be asked for.
    more = start(command, sweep_file, tmp_path / "sweep", sweep_trials=TRIALS + 2)
    assert f"{TRIALS + 2} trials" in more.communicate(timeout=120)[0]
    document = json.loads((tmp_path / "sweep" / "trials.json").read_text())
    assert len(document["trials"]) == TRIALS + 2


def test_a_grid_is_complete_once_after_a_kill(
    command: list[str], sweep_file: Path, tmp_path: Path
) -> None:
    space = ["--space", "run.seed={low=1, high=10}", "--set", "sweep.sampler=grid"]
    space += ["--space", "optimizer.lr=[0.1, 0.2]"]
    url = f"sqlite:///{tmp_path / 'sweep' / 'study.db'}"
    first = start(command, sweep_file, tmp_path / "sweep", *space)
    wait_for_results(url, 3, first)
    kill_at_work(url, first)
    done = len(study_of(url).get_trials(states=(TrialState.COMPLETE,)))
    assert done < 20
    again = start(command, sweep_file, tmp_path / "sweep", *space)
    _, errors = again.communicate(timeout=300)
    assert (again.returncode, errors) == (0, "")
    complete = study_of(url).get_trials(states=(TrialState.COMPLETE,))
    points = {(t.params["run.seed"], t.params["optimizer.lr"]) for t in complete}
    assert len(complete) == len(points) == 20
    assert read_sweep(tmp_path / "sweep" / "sweep.toml").grid_size == 20
