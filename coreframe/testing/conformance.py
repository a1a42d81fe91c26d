"""Conformance: every check of a component's kind, on every example it gives."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import torch

from coreframe.assembly.create import load_class
from coreframe.errors import ArgumentError, CheckFailed
from coreframe.interfaces.component import Component
from coreframe.interfaces.example import Example
from coreframe.registry.kinds import kind_of
from coreframe.registry.registry import get_registry
from coreframe.testing.catalogue import CHECKS
from coreframe.testing.check import Check
from coreframe.testing.measure import Measure, NotTried
from coreframe.testing.result import Result

__all__ = ["choose_checks", "examples_of", "run_check", "run_checks"]


def run_checks(
    component: str | type[Component],
    *,
    kind: str | None = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
) -> Iterator[Result]:
    """Try a component with every check of its kind.

    Args:
        component: the name of an installed one, or a class.
        kind: of the name, where it belongs to several kinds.
        select: only these ids; all if empty. `module.` stands for all that begin so.
        ignore: not these.
        seed: of whatever is drawn; a failure is repeated by its seed.
        dtype: to compute in, where a check has a choice: float64, or float32 with wider bounds.

    Raises:
        CheckFailed: if the component gives no examples.
        UnknownComponent, AmbiguousComponent, BrokenPlugin: if the name cannot be loaded.
        ArgumentError: for an id that no check has.
    """
    checks = choose_checks(select, ignore)
    cls, name, examples = examples_of(component, kind=kind)
    of = kind_of(cls)
    for check in checks:
        if check.kind == of:
            yield run_check(check, name, examples, seed=seed, dtype=dtype)


def run_check(
    check: Check,
    name: str,
    examples: Sequence[Example],
    *,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
) -> Result:
    """Try every example with one check, up to the first that fails."""
    worst: Measure | None = None
    reason = ""
    tried = False

    def fail(detail: str) -> Result:
        return Result(name, check.id, check.shows, "failed", worst, detail, seed)

    for example in examples:
        try:
            found = check.run(example, seed, dtype)
        except CheckFailed as error:
            return fail(str(error))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it raises is the finding
            return fail(f"{_shown(example)}: it raised {_sentence(error)} (seed {seed})")
        if isinstance(found, NotTried):
            reason = found.reason
            continue
        tried = True
        if found is not None and (worst is None or found > worst):
            worst = found
    if not tried:
        return Result(name, check.id, check.shows, "not tried", None, reason, seed)
    return Result(name, check.id, check.shows, "passed", worst, "", seed)


def examples_of(
    component: str | type[Component], *, kind: str | None = None
) -> tuple[type[Component], str, Sequence[Example]]:
    """The class of a component, its name, and the examples that it gives.

    Raises:
        CheckFailed: if there are none, saying what to add.
    """
    if isinstance(component, str):
        distribution, _, bare = component.rpartition(".")
        record = get_registry().find(bare, kind=kind, distribution=distribution or None)
        cls, name = load_class(record), component
    else:
        cls, name = component, component.__qualname__
    try:
        given: list[Any] = list(cls.examples())
    except Exception as error:
        raise CheckFailed(f"examples() of {name} raised {_sentence(error)}") from error
    if not given:
        raise CheckFailed(
            f"{name} gives no examples to check it with: add a classmethod `examples` that returns "
            f"some, like [Example({cls.__name__}(…), (features,))]"
        )
    for example in given:
        if not isinstance(example, Example):
            raise CheckFailed(f"{name}: examples() must return Examples, got {example!r}")
        if isinstance(component, str):
            example.called(component)
    return cls, name, given


def choose_checks(select: Collection[str] = (), ignore: Collection[str] = ()) -> list[Check]:
    """The checks of these ids, or of ids that begin so.

    Raises:
        ArgumentError: for an id that no check has, with those there are.
    """
    if isinstance(select, str) or isinstance(ignore, str):
        raise ArgumentError("select and ignore take a list of ids, not a single one")
    for pattern in (*select, *ignore):
        if not any(_fits(check, pattern) for check in CHECKS):
            known = ", ".join(check.id for check in CHECKS)
            raise ArgumentError(f"no check has the id {pattern!r}; there are {known}")
    return [
        check
        for check in CHECKS
        if (not select or any(_fits(check, pattern) for pattern in select))
        and not any(_fits(check, pattern) for pattern in ignore)
    ]


def _fits(check: Check, pattern: str) -> bool:
    return check.id == pattern or (pattern.endswith(".") and check.id.startswith(pattern))


def _sentence(error: BaseException) -> str:
    """The type of an error, and the first line of what it says."""
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _shown(example: Example) -> str:
    try:
        return repr(example)
    except Exception as error:  # noqa: BLE001  # a repr that raises is a finding, too
        return f"an example whose repr raised {_sentence(error)}"
