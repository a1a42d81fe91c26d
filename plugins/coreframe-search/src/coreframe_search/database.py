"""Database: the study of a sweep, opened or begun."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna
import sqlalchemy.event
import sqlalchemy.exc
from optuna.storages import BaseStorage, RDBStorage
from optuna.study import StudyDirection

import coreframe as cf
from coreframe_search.samplers import build_pruner
from coreframe_search.sweep_plan import SweepPlan

__all__ = ["open_storage", "open_study", "quiet_optuna"]

IDENTITY = "coreframe sweep"  # the attribute of a study that says what it is of
TRIES = 10  # of opening a database that others are making
BUSY_SECONDS = 60  # that a worker waits for others to be done with a file


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna's own messages from the streams, inside."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def open_storage(url: str, *, is_own: bool = False) -> BaseStorage:
    """The database of this URL.

    Args:
        url: as SQLAlchemy reads it.
        is_own: whether it is a file of the sweep's own, which commits without waiting for the disk.

    Raises:
        ArgumentError: if it cannot be opened.
    """
    is_file = url.startswith("sqlite")
    options = {"connect_args": {"timeout": BUSY_SECONDS}} if is_file else {}
    for trial in range(TRIES):
        try:
            storage = RDBStorage(url, engine_kwargs=options)
            if is_own:
                _commit_quickly(storage)
            return optuna.storages.get_storage(storage)
        except (
            ImportError,
            OSError,
            RuntimeError,
            ValueError,
            optuna.exceptions.OptunaError,
            sqlalchemy.exc.SQLAlchemyError,
        ) as error:
            if trial == TRIES - 1 or not _is_begun_by_others(error):
                raise cf.ArgumentError(
                    f"the storage {_without_password(url)} cannot be opened: {_first_line(error)}"
                ) from error
        time.sleep(0.1 * (trial + 1))
    raise cf.ArgumentError(f"the storage {_without_password(url)} cannot be opened")


def _commit_quickly(storage: RDBStorage) -> None:
    """Let SQLite write ahead, so that it waits for the disk now and then only.

    A process that is killed loses nothing by it; a machine that loses power, at most the trials of
    its last seconds, which are tried again.
    """

    def connected(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous = NORMAL").close()

    with storage.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    sqlalchemy.event.listen(storage.engine, "connect", connected)
    storage.engine.dispose()  # of the connections made before


def _is_begun_by_others(error: BaseException) -> bool:
    """Whether several workers have made the same new tables at once, as Optuna does not expect."""
    is_double = isinstance(error, sqlalchemy.exc.IntegrityError) or "already exists" in str(error)
    return is_double or "database is locked" in str(error)


def open_study(plan: SweepPlan, storage: BaseStorage) -> optuna.Study:
    """The study of a sweep; begun by whoever comes first.

    Raises:
        ArgumentError: if there is a study of that name for something else.
    """
    direction = StudyDirection.MAXIMIZE if plan.rises else StudyDirection.MINIMIZE
    try:
        study_id = storage.create_new_study([direction], plan.name)
        storage.set_study_user_attr(study_id, IDENTITY, plan.identity)
    except optuna.exceptions.DuplicatedStudyError:
        study_id = storage.get_study_id_from_name(plan.name)
        _expect_same(plan, _identity(storage, study_id))
    except (optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError) as error:
        raise cf.ArgumentError(
            f"the study {plan.name} cannot be begun: {_first_line(error)}"
        ) from error
    return optuna.load_study(
        study_name=plan.name,
        storage=storage,
        sampler=optuna.samplers.RandomSampler(seed=0),  # each trial brings its own
        pruner=build_pruner(plan),
    )


def _identity(storage: BaseStorage, study_id: int) -> dict[str, str] | None:
    """What the study is of; whoever has just begun it may be about to say so."""
    for _ in range(50):
        found: dict[str, str] | None = storage.get_study_user_attrs(study_id).get(IDENTITY)
        if found is not None:
            return found
        time.sleep(0.1)
    return None


def _expect_same(plan: SweepPlan, found: dict[str, str] | None) -> None:
    if found is None:
        raise cf.ArgumentError(
            f"the study {plan.name} is of no sweep: choose another name by sweep.study"
        )
    own = plan.identity
    differing = [key for key in {**own, **found} if own.get(key) != found.get(key)]
    if differing:
        told = "; ".join(_difference(key, own.get(key), found.get(key)) for key in differing)
        raise cf.ArgumentError(
            f"the study {plan.name} is of another sweep ({told}): choose another --out or "
            "sweep.study"
        )


def _difference(key: str, own: str | None, found: str | None) -> str:
    if key.startswith("["):
        return f"{key} differs"
    return f"{key} is {found or 'missing'} there and {own or 'missing'} here"


def _first_line(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error, optuna.exceptions.OptunaError) else None
    return str(cause or error).partition("\n")[0] or type(error).__name__


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else url
