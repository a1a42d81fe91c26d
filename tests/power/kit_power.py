"""kit_power: how much the conformance kit finds, as tables; `make kit-power` runs it.

    python tests/power/kit_power.py [--seeds 200] [--part linear] [--write docs/kit-power.md]

Planted faults, false alarms over many seeds, and mutants of everything that is shipped.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch

from coreframe import get_registry
from coreframe.testing import run_checks

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "power"), str(ROOT / "tests" / "toys")]

WORKERS = 2

REPORTED = ("Disc", "Linear", "MSE", "ReLU", "SGD", "Sequential", "Sigmoid", "Tanh")
"""The report's components, which take half an hour over 200 seeds; all take several hours."""

INTRODUCTION = """\
Written by `make kit-power`. A check that has never failed proves nothing; here is what the checks
of `coreframe.testing` have been seen to find."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the power of the conformance kit.")
    parser.add_argument("--seeds", type=int, default=200, help="for false alarms")
    parser.add_argument("--all", action="store_true", help="look for false alarms in all installed")
    parser.add_argument("--part", default="", help="of the path of a package to mutate")
    parser.add_argument("--without-mutants", action="store_true")
    parser.add_argument("--write", type=Path, help="also write the tables into this file")
    chosen = parser.parse_args()
    installed = [record.name for record in get_registry().components()]
    shipped = installed if chosen.all else [name for name in installed if name in REPORTED]
    parts: list[Callable[[], str]] = [
        lambda: f"# The power of the conformance kit\n\n{INTRODUCTION}",
        planted_faults,
        lambda: false_alarms(shipped, chosen.seeds),
    ]
    if not chosen.without_mutants:
        parts.append(lambda: mutants(chosen.part))
    sections = []
    for part in parts:
        sections.append(part())
        # The whole takes hours: what is known is shown, also when a later part fails.
        sys.stdout.write(sections[-1] + "\n\n")
        sys.stdout.flush()
    if chosen.write:
        chosen.write.write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def planted_faults() -> str:
    """A table of the zoo's faults, each with the check that names it."""
    from planting import FAULTS
    from zoo import Zoo

    get_registry().register(Zoo())
    rows: list[Sequence[object]] = []
    missed: list[str] = []
    for fault in FAULTS:
        name = fault.component.__name__
        failed = {r.check: r.detail for r in run_checks(name) if not r.passed}
        found = fault.says in failed.get(fault.check, "") and fault.check in failed
        if not found:
            missed.append(name)
        others = len(failed) - found
        note = f"; reached users as {fault.reached_users}" if fault.reached_users else ""
        said = str(fault.component.__doc__).strip()
        rows.append((f"`{name}`", said + note, f"`{fault.check}`" if found else "missed", others))
    caught = len(rows) - len(missed)
    return (
        f"## Planted faults: {caught} of {len(rows)} found\n\n"
        "Sound components with one fault each, in `tests/power/`. Each is found by the check that "
        "names it; how many others fail as well is in the last column.\n\n"
        + markdown(("component", "its fault", "named by", "others"), rows)
    )


def false_alarms(shipped: Sequence[str], seeds: int) -> str:
    """A table of what all checks say of these sound components, over many seeds."""
    rows: list[Sequence[object]] = []
    total = 0
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        jobs = [(name, seed) for name in shipped for seed in range(seeds)]
        found = dict(zip(jobs, pool.map(alarms_of, jobs, chunksize=5), strict=True))
    for name in shipped:
        runs = sum(found[name, seed][0] for seed in range(seeds))
        alarms = [text for seed in range(seeds) for text in found[name, seed][1]]
        total += len(alarms)
        rows.append((f"`{name}`", seeds, runs, len(alarms), "; ".join(alarms[:3])))
    return (
        f"## False alarms: {total} over {seeds} seeds\n\n"
        "Every check of every shipped component, from seed 0 on.\n\n"
        + markdown(("component", "seeds", "checks run", "alarms", "which"), rows)
    )


def alarms_of(job: tuple[str, int]) -> tuple[int, list[str]]:
    """How many checks were run, and what those that failed say."""
    torch.set_num_threads(1)
    name, seed = job
    results = list(run_checks(name, seed=seed))
    return len(results), [f"{r.check} (seed {seed})" for r in results if not r.passed]


def mutants(part: str) -> str:
    """A table of the functions that compute, and what became of their mutants."""
    from mutation import run_mutation
    from survivor import known_survivors

    rows = run_mutation(part)
    changing = sum(row.mutants - row.equivalent for row in rows)
    killed = sum(row.killed for row in rows)
    known = known_survivors()
    table = markdown(
        ("function", "file", "mutants", "killed", "survived", "of these equivalent"),
        [
            (f"`{r.function}`", f"`{r.file}`", r.mutants, r.killed, r.survived, r.equivalent)
            for r in rows
        ],
    )
    files = {row.file for row in rows}
    listed = markdown(
        ("function", "before", "after", "changes nothing", "reason"),
        [
            (f"`{s.function}`", f"`{s.before}`", f"`{s.after}`", k.equivalent, k.reason)
            for s, k in known.items()
            if s.file in files
        ],
    )
    return (
        f"## Mutants: {killed} of {changing} that change behaviour are killed, "
        f"{100 * killed / max(1, changing):.1f} %\n\n"
        "Each function that computes is changed in one place at a time by mutmut, and only the "
        "checks of the kit are run.\n\n"
        f"{table}\n\n### Survivors\n\n{listed}"
    )


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; bars in cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    start = time.perf_counter()
    main()
    sys.stdout.write(f"in {time.perf_counter() - start:.0f} s\n")
