"""SweepSettings: the section [sweep] of a run file, but for its space."""

from __future__ import annotations

from dataclasses import dataclass

from coreframe_runs import nearest

__all__ = ["PRUNERS", "SAMPLERS", "SweepSettings"]

SAMPLERS = ("tpe", "random", "grid", "qmc")
ADAPTIVE = ("tpe",)
PRUNERS = ("none", "median", "halving", "hyperband")
EPOCHS = ("last", "best")
MOST_TRIALS, MOST_WORKERS, MOST_SEED = 1_000_000, 1024, 2**32

AT_ONCE, ADAPTIVE_AT_ONCE = 64, 16  # trials asked for together, if the file does not say


@dataclass(frozen=True)
class SweepSettings:
    """How a space is searched.

    Attributes:
        trials: how many; 0 for the whole grid, or 100 without one.
        sampler: which settings a trial gets: grid, random, tpe or qmc.
        pruner: which trials end early: none, median, halving or hyperband.
        objective: the figure of a trial; accuracies are to rise, losses to fall. Empty for the
            run's monitor.
        epoch: whose figure counts, the last one's or that of the best.
        folds: of the training samples, whose mean counts; 0 to validate on the validation split.
        seed: of the sampler and of the folds.
        rung: epochs before a pruner may end a trial; 0 for a 27th of all, at least one.
        reduction: halving and hyperband let one of so many go on, and that many times longer.
        at_once: trials that are asked for together; 0 for 64, or 16 if the sampler learns.
        block: the most models in one population; 0 for as many as a short measurement says.
        padding: train networks of different widths as one population where that is faster.
        memory_mib: that one population may take, but for its data; 0 for any.
        workers: processes on this machine.
        storage: URL of the database; empty for a file in the sweep's folder.
        study: its name in the database; empty for the name of the run file.
        grace_seconds: how long a worker may be silent before its trials go to others.
    """

    trials: int = 0
    sampler: str = "tpe"
    pruner: str = "none"
    objective: str = ""
    epoch: str = "last"
    folds: int = 0
    seed: int = 0
    rung: int = 0
    reduction: int = 3
    at_once: int = 0
    block: int = 0
    padding: bool = True
    memory_mib: float = 0.0
    workers: int = 1
    storage: str = ""
    study: str = ""
    grace_seconds: float = 60.0

    @property
    def asked(self) -> int:
        """How many trials are asked for together."""
        usual = ADAPTIVE_AT_ONCE if self.sampler in ADAPTIVE else AT_ONCE
        return self.at_once or usual

    def first_rung(self, epochs: int) -> int:
        """The epochs before a pruner may end a trial of so many."""
        return self.rung or max(1, epochs // 27)

    def mistakes(self) -> dict[str, str]:
        """What is wrong with each setting, by its name."""
        wrong: dict[str, str] = {}
        for name, known in (("sampler", SAMPLERS), ("pruner", PRUNERS), ("epoch", EPOCHS)):
            if vars(self)[name] not in known:
                wrong[name] = f"there is no {vars(self)[name]!r}{nearest(vars(self)[name], known)}"
        limits = {
            "trials": (0, MOST_TRIALS),
            "folds": (0, MOST_TRIALS),
            "seed": (0, MOST_SEED - 1),
            "rung": (0, MOST_TRIALS),
            "reduction": (2, MOST_TRIALS),
            "at_once": (0, MOST_TRIALS),
            "block": (0, MOST_TRIALS),
            "workers": (1, MOST_WORKERS),
        }
        for name, (least, most) in limits.items():
            if not least <= vars(self)[name] <= most:
                wrong[name] = f"must be from {least} to {most}, got {vars(self)[name]}"
        if self.folds == 1:
            wrong["folds"] = "must be at least 2, or 0 for the validation split"
        if not self.memory_mib >= 0:
            wrong["memory_mib"] = f"must not be negative, got {self.memory_mib}"
        if not self.grace_seconds > 0:
            wrong["grace_seconds"] = f"must be above 0, got {self.grace_seconds}"
        return wrong
