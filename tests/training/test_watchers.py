"""Watchers: plugins that are told what happens in a run, and cannot end it."""

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Descent, Points, SumOfSquares
from torch import Tensor

import coreframe as cf


class Diary:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.pages: list[tuple[Any, ...]] = []

    @cf.hookimpl
    def coreframe_run_start(self, run: cf.Run) -> None:
        self.pages.append(("start", run))

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run, epoch: int, figures: Mapping[str, Tensor]) -> None:
        self.pages.append(("epoch", run, epoch, dict(figures)))

    @cf.hookimpl
    def coreframe_run_end(self, run: cf.Run, history: cf.History) -> None:
        self.pages.append(("end", run, history))

    @cf.hookimpl
    def coreframe_run_failure(self, run: cf.Run, error: BaseException) -> None:
        self.pages.append(("failure", run, error))

    @property
    def words(self) -> list[str]:
        return [page[0] for page in self.pages]

    def __repr__(self) -> str:
        return "Diary"


@pytest.fixture
def diary() -> Iterator[Diary]:
    watcher = Diary()
    cf.get_registry().register(watcher)
    yield watcher
    cf.get_registry().unregister(watcher)


def train(epochs: int = 3, **settings: Any) -> cf.History:
    model = cf.Sequential(Affine(2, 2)).initialize(seeds=[0, 1])
    optimizer = Descent(model, lr=0.01)
    return cf.train_model(model, Points(8), SumOfSquares(), optimizer, epochs=epochs, **settings)


def test_a_watcher_is_told_start_epochs_and_end(diary: Diary) -> None:
    history = train(epochs=3, batch_size=4)
    assert diary.words == ["start", "epoch", "epoch", "epoch", "end"]
    run = diary.pages[0][1]
    assert all(page[1] is run for page in diary.pages)
    assert (run.epochs, run.batch_size, run.steps, run.schedule) == (3, 4, 2, None)
    assert isinstance(run.model, cf.Sequential)
    assert [page[2] for page in diary.pages[1:4]] == [0, 1, 2]
    assert torch.equal(diary.pages[2][3]["loss"], history.loss[1])
    told = diary.pages[-1][2]
    assert torch.equal(told.loss, history.loss)
    told.loss.zero_()
    assert bool(history.loss.all())  # a watcher has a copy


def test_a_watcher_sees_logged_figures_and_where_a_run_goes_on(diary: Diary) -> None:
    train(epochs=3, start_epoch=2, log=True)
    assert [page[2] for page in diary.pages if page[0] == "epoch"] == [2]
    assert diary.pages[1][3].keys() == {
        "loss", "train_loss", "train_accuracy", "test_loss", "test_accuracy"
    }  # fmt: skip


def test_a_watcher_is_told_of_a_failure_which_is_raised_all_the_same(diary: Diary) -> None:
    def stop(epoch: int, row: dict[str, Tensor]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as error:
        train(on_epoch=stop)
    assert diary.words == ["start", "failure"]  # the run's own function comes before plugins
    assert diary.pages[-1][2] is error.value


def test_wrong_arguments_are_no_run(diary: Diary) -> None:
    with pytest.raises(cf.ArgumentError):
        train(epochs=0)
    assert diary.words == []


class Clumsy(Diary):
    """Raises what it is given, in one hook."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run, epoch: int, figures: Mapping[str, Tensor]) -> None:
        super().coreframe_run_epoch(run, epoch, figures)
        raise self.error

    def __repr__(self) -> str:
        return "Clumsy"


@pytest.mark.parametrize(
    "error", [ValueError("no\n disk"), SystemExit(3), GeneratorExit()], ids=repr
)
def test_a_watcher_that_raises_is_reported_once_and_the_run_goes_on(
    diary: Diary, error: BaseException
) -> None:
    expected = train().loss
    diary.pages.clear()
    clumsy = Clumsy(error)
    cf.get_registry().register(clumsy)
    try:
        with pytest.warns(cf.PluginWarning) as caught:
            history = train()
        with pytest.warns(cf.PluginWarning):
            train()  # the next run tells it again
    finally:
        cf.get_registry().unregister(clumsy)
    (warning,) = caught
    cause = " ".join(str(error).split()) or "no message"
    assert str(warning.message) == (
        f"Clumsy watches this run no more: in coreframe_run_epoch it raised "
        f"{type(error).__name__}: {cause}; report this to its author"
    )
    assert warning.filename == __file__
    assert torch.equal(history.loss, expected)
    assert clumsy.words == ["start", "epoch"] * 2  # not even the end
    assert diary.words == ["start", "epoch", "epoch", "epoch", "end"] * 2


def test_ctrl_c_in_a_watcher_ends_the_run() -> None:
    clumsy = Clumsy(KeyboardInterrupt())
    cf.get_registry().register(clumsy)
    try:
        with pytest.raises(KeyboardInterrupt):
            train()
    finally:
        cf.get_registry().unregister(clumsy)


def test_a_watcher_may_take_some_of_the_arguments_and_cannot_change_the_history() -> None:
    class Short:
        seen = 0

        @cf.hookimpl
        def coreframe_run_epoch(self, figures: dict[str, Tensor]) -> None:
            self.seen += 1
            figures["loss"] = torch.zeros(7)

    expected, short = train().loss, Short()
    cf.get_registry().register(short)
    try:
        assert torch.equal(train().loss, expected)
    finally:
        cf.get_registry().unregister(short)
    assert short.seen == 3


def test_a_run_without_watchers_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train()


def test_a_watcher_sees_where_the_run_keeps_its_files(diary: Diary, tmp_path: Path) -> None:
    train(epochs=1)
    assert diary.pages[0][1].folder is None
    train(epochs=1, folder=str(tmp_path / "run"))
    assert diary.pages[-1][1].folder == tmp_path / "run"
    # Whoever watches may write there; the core makes nothing.
    assert not [path for path in tmp_path.glob("run/*") if "tfevents" not in path.name]


class Evaluator:
    """Evaluates the model, and forgets to let it train again."""

    def __init__(self, *, hook: str, fails: bool = False) -> None:
        self.hook, self.fails, self.told = hook, fails, 0

    def look(self, hook: str, run: cf.Run) -> None:
        if hook == self.hook:
            self.told += 1
            run.model.eval()
            if self.fails:
                raise ValueError("no such file")

    @cf.hookimpl
    def coreframe_run_start(self, run: cf.Run) -> None:
        self.look("coreframe_run_start", run)

    @cf.hookimpl
    def coreframe_run_step(self, run: cf.Run) -> None:
        self.look("coreframe_run_step", run)

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run) -> None:
        self.look("coreframe_run_epoch", run)

    def __repr__(self) -> str:
        return "Evaluator"


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("hook", ["start", "step", "epoch"])
def test_a_model_that_a_plugin_left_in_evaluation_trains_on(hook: str, fails: bool) -> None:
    alone = train(epochs=3, batch_size=4)
    watcher = Evaluator(hook=f"coreframe_run_{hook}", fails=fails)
    cf.get_registry().register(watcher)
    why = "it raised ValueError: no such file" if fails else "it left layers switched between"
    try:
        with pytest.warns(cf.PluginWarning, match=f"Evaluator.* no more: in .*_{hook} {why}"):
            watched = train(epochs=3, batch_size=4)
    finally:
        cf.get_registry().unregister(watcher)
    assert watcher.told == 1
    assert torch.equal(watched.loss, alone.loss)


def test_a_plugin_may_evaluate_if_it_tidies_up() -> None:
    class Tidy:
        @cf.hookimpl
        def coreframe_run_epoch(self, run: cf.Run) -> None:
            run.model.eval()
            run.model.train()

    watcher = Tidy()
    cf.get_registry().register(watcher)
    try:
        train(epochs=2)  # a warning would be an error
    finally:
        cf.get_registry().unregister(watcher)
