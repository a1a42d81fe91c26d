"""sweep: a study of a run's settings, carried out or gone on with."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import torch

from coreframe_runs import Interrupts
from coreframe_search.block import train_block
from coreframe_search.block_size import BlockSizes
from coreframe_search.checks import check_sweep
from coreframe_search.database import open_storage, open_study, quiet_optuna
from coreframe_search.leases import Leases
from coreframe_search.progress import SweepProgress
from coreframe_search.results import SweepResults, collect_results
from coreframe_search.sweep_folder import SweepFolder
from coreframe_search.sweep_plan import SweepPlan
from coreframe_search.trial_queue import TrialQueue
from coreframe_search.workers import further_workers, interrupt

__all__ = ["sweep", "work"]

POLL_SECONDS = 0.5  # between two looks at what other workers have


def sweep(plan: SweepPlan, folder: Path, *, quiet: bool = False) -> SweepResults:
    """Search the settings of a run, until there are as many trials as the plan says.

    A sweep that was interrupted goes on, with the same plan and folder. Other processes may work
    on the same study meanwhile: each trial is trained by one of them.

    Args:
        plan: as of `read_sweep`.
        folder: new, or of the same sweep.
        quiet: show no progress.

    Returns:
        The trials of all workers that are over; all there are to be, unless it was interrupted.

    Raises:
        RunFileError: for a plan with mistakes; nothing has been written then.
        ArgumentError: for a folder or a storage that cannot be used, or that is another sweep's.
    """
    into = SweepFolder(folder)
    return work(plan, into, quiet=quiet, workers=plan.settings.workers)


def work(
    plan: SweepPlan,
    into: SweepFolder,
    *,
    quiet: bool = False,
    workers: int = 0,
    interrupts: Interrupts | None = None,
) -> SweepResults:
    """Take part in a sweep.

    Args:
        plan: of the sweep.
        into: its folder.
        quiet: show no progress.
        workers: processes to start, this one among them, which writes the results then; 0 for
            one that only helps another.
        interrupts: who asks for an end; Ctrl-C if None.
    """
    data = check_sweep(plan)
    threads = 1 if workers > 1 else plan.base.settings.threads
    if threads:
        torch.set_num_threads(threads)
    with quiet_optuna(), ExitStack() as stack:
        stack.enter_context(into.made())
        own = not plan.settings.storage
        storage = open_storage(into.database if own else plan.settings.storage, is_own=own)
        stack.callback(storage.remove_session)
        study = open_study(plan, storage)
        if workers:
            into.begin(plan)
        study_id = storage.get_study_id_from_name(plan.name)
        leases = stack.enter_context(Leases(storage, study_id, plan.settings.grace_seconds))
        queue = TrialQueue(plan, study, storage, leases)
        helpers = stack.enter_context(further_workers(into.path, max(0, workers - 1)))
        if interrupts is None:
            interrupts = stack.enter_context(Interrupts())
        progress = stack.enter_context(SweepProgress(plan, queue, quiet=quiet))
        sizes = BlockSizes(plan.settings)
        share = -(-plan.trials // max(1, plan.settings.workers))
        while not interrupts.asked:
            asked = queue.ask(min(plan.settings.asked, share))
            if asked:
                train_block(queue, asked, data, sizes, interrupts, progress)
            elif len(queue.results()) == plan.trials:
                break
            else:
                time.sleep(POLL_SECONDS)
            progress.show()
        if interrupts.asked:
            interrupt(helpers)
            for helper in helpers:
                helper.wait()
        results = collect_results(plan, queue.slots(), interrupted=interrupts.asked)
        if workers:
            into.write(results)
        return results
