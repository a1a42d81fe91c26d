"""train_block: the trials that a worker has been given, trained as populations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import coreframe as cf
from coreframe_runs import Interrupts, Plan, RunFileError
from coreframe_search.block_size import BlockSizes
from coreframe_search.groups import group_key
from coreframe_search.judge import Judge
from coreframe_search.padding import pad, padding_key
from coreframe_search.progress import SweepProgress
from coreframe_search.trial_population import TrialPopulation, build_population
from coreframe_search.trial_queue import Asked, TrialQueue

__all__ = ["train_block"]

Member = tuple[Asked, Plan]


def train_block(
    queue: TrialQueue,
    asked: Sequence[Asked],
    data: cf.Dataset,
    sizes: BlockSizes,
    interrupts: Interrupts,
    progress: SweepProgress,
) -> None:
    """Train the trials, group by group, and tell what came of them.

    Args:
        queue: where they came from.
        asked: the trials.
        data: the dataset of those that do not change it.
        sizes: of their populations.
        interrupts: whether Ctrl-C has been pressed; what is not over is given back then.
        progress: who is told how far it is.
    """
    waiting = list(asked)
    try:
        for members in _populations(queue, asked, data, sizes):
            if not interrupts.asked:
                _train(queue, members, data, interrupts, progress)
                told = {member.number for member, _ in members}
                waiting = [trial for trial in waiting if trial.number not in told]
    finally:
        # What has been told already is left as it is.
        for trial in waiting:
            queue.release(trial, "interrupted")


def _populations(
    queue: TrialQueue, asked: Sequence[Asked], data: cf.Dataset, sizes: BlockSizes
) -> Iterator[list[Member]]:
    """The trials in groups that can share a population, none of them too large."""
    groups: dict[str, list[Member]] = {}
    for trial in asked:
        try:
            plan = queue.plan.plan(trial.values)
            groups.setdefault(group_key(plan), []).append((trial, plan))
        except cf.CoreframeError as error:
            _judge(queue, [trial], queue.plan.base).fail(_reason(error))
    for members in _padded(queue, list(groups.values()), data, sizes):
        plans = [plan for _, plan in members]
        try:
            most = sizes.most(plans, data if _shares_data(queue, plans[0]) else None)
        except cf.CoreframeError:  # what cannot be built is told when it is to be trained
            most = len(members)
        for block in cf.cut_into_blocks(len(members), most):
            yield [members[index] for index in block]


def _padded(
    queue: TrialQueue, groups: Sequence[list[Member]], data: cf.Dataset, sizes: BlockSizes
) -> Iterator[list[Member]]:
    """The groups, those of different widths together where that is faster."""
    alike: dict[str, list[list[Member]]] = {}
    for members in groups:
        alike.setdefault(padding_key(members[0][1]), []).append(members)
    for found in alike.values():
        plans = [[plan for _, plan in members] for members in found]
        try:
            pays = sizes.pays(plans, data if _shares_data(queue, plans[0][0]) else None)
        except cf.CoreframeError:  # what cannot be built or diverges is told in its own training
            pays = False
        if pays:
            members = [member for members in found for member in members]
            together = pad([plan for _, plan in members])
            yield [(trial, plan) for (trial, _), plan in zip(members, together, strict=True)]
        else:
            yield from found


def _train(
    queue: TrialQueue,
    members: Sequence[Member],
    data: cf.Dataset,
    interrupts: Interrupts,
    progress: SweepProgress,
) -> None:
    members, population = _build(queue, members, data)
    if population is None:
        return
    judge = _judge(queue, [trial for trial, _ in members], members[0][1])
    try:
        population.train([interrupts, judge, progress.watcher(judge)])
    except cf.DivergedRun:
        judge.diverged()
    except cf.CoreframeError as error:
        judge.fail(_reason(error))
    if interrupts.asked:
        judge.release("interrupted")
    judge.end()


def _build(
    queue: TrialQueue, members: Sequence[Member], data: cf.Dataset
) -> tuple[Sequence[Member], TrialPopulation | None]:
    """The population of those trials that can be built; the others are told to have failed."""
    settings = queue.plan.settings
    own = data if _shares_data(queue, members[0][1]) else None

    def build(those: Sequence[Member]) -> TrialPopulation:
        return build_population([plan for _, plan in those], own, settings.folds, settings.seed)

    try:
        return members, build(members)
    except cf.CoreframeError:
        kept: list[Member] = []
        for member in members:
            try:
                build([member])
                kept.append(member)
            except cf.CoreframeError as error:
                _judge(queue, [member[0]], member[1]).fail(_reason(error))
        return (kept, build(kept)) if kept else ([], None)


def _shares_data(queue: TrialQueue, plan: Plan) -> bool:
    return plan.components["data"] == queue.plan.base.components["data"]


def _judge(queue: TrialQueue, trials: Sequence[Asked], plan: Plan) -> Judge:
    return Judge(queue, trials, plan, trials[0].number)


def _reason(error: cf.CoreframeError) -> str:
    if isinstance(error, RunFileError):
        return "; ".join(f"{key}: {text}" for key, text in error.mistakes.items())
    return str(error)
