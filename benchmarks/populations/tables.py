"""A shape of tables, 32-64-64-2, batch 256, AdamW."""

from __future__ import annotations

from ours import Ours
from populations.blocks import Blocks, best_size, our_best_size, powers_of_two
from populations.contest import Contest
from populations.extent import Extent
from rivals.lineup import lineup
from rivals.rival import Timed, proven
from rivals.stacked import Stacked
from timing import print_measured, print_target
from training import ADAMW, Training

SIZES, BATCH, SAMPLES = (32, 64, 64, 2), 256, 2048
OUR_BLOCKS, THEIR_BLOCKS = "coreframe, in its best blocks", "stacked autograd, in its best blocks"


def compare_tables(extent: Extent) -> None:
    """Time all rivals in one block, and ours and the strongest in their best blocks."""
    training = Training.drawn(SIZES, SAMPLES, BATCH, rule=ADAMW, replicas=extent.tables)
    ours = our_best_size(training)
    theirs = best_size(training, Stacked, powers_of_two(extent.tables), extent.trial_rounds)
    rivals: dict[str, Timed] = {
        Ours.name: Ours(training),
        OUR_BLOCKS: Blocks(training, Ours, ours),
        THEIR_BLOCKS: proven(lambda whole: Blocks(whole, Stacked, theirs), training),
        **lineup(training),
    }
    contest = Contest(rivals, training.steps, extent.rounds)
    models = f"{extent.tables} models"
    print(f"32-64-64-2, batch {BATCH}, AdamW, {models}: blocks of {ours}, theirs of {theirs}")
    contest.print_times()
    print_target(f"{models} / {Stacked.name}", contest.ratio(Ours.name, Stacked.name), 0.7)
    print_target("the same, each in its best blocks", contest.ratio(OUR_BLOCKS, THEIR_BLOCKS), 1.0)
    for name in rivals:
        if name not in (Ours.name, OUR_BLOCKS, THEIR_BLOCKS, Stacked.name):
            print_measured(f"{models}, in blocks / {name}", contest.ratio(OUR_BLOCKS, name))
