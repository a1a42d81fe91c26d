"""parametrize_with_checks: the whole kit in a plugin's own pytest run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from coreframe.errors import ArgumentError, CheckFailed
from coreframe.interfaces.component import Component
from coreframe.interfaces.example import Example
from coreframe.registry.kinds import kind_of
from coreframe.testing.catalogue import CHECK_SET, CHECKS
from coreframe.testing.check import Check
from coreframe.testing.conformance import examples_of, run_check

__all__ = ["NewCheckFailed", "parametrize_with_checks"]


class NewCheckFailed(UserWarning):
    """A check that is newer than the set a plugin's tests name has found something."""


def parametrize_with_checks(
    components: Sequence[str | type[Component]],
    *,
    version: int,
    kind: str | None = None,
    expected: Mapping[str, Mapping[str, str]] | None = None,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
) -> Callable[[Any], Any]:
    """A decorator that runs a test once for every check of each component.

        @parametrize_with_checks(["Linear"], version=1)
        def test_conforms(check: Callable[[], None]) -> None:
            check()

    Args:
        components: names of installed ones, or classes.
        version: of the check set that the tests were written for. Of a newer check a failure is
            a warning, `NewCheckFailed`, until the number here is raised. Where pytest makes errors
            of warnings, exempt it: `-W default::coreframe.testing.NewCheckFailed`.
        kind: of the names, where they belong to several kinds.
        expected: failures that are known, by component and check id, with the reason. One that
            passes is an error, so that the entry goes when the fault does.
        seed: of whatever is drawn.
        dtype: to compute in, where a check has a choice.

    Raises:
        ArgumentError: for a version that does not exist yet, or an expected failure of a check
            or component that is not run.
        CheckFailed: if a component gives no examples.
    """
    import pytest  # noqa: PLC0415  # the kit runs without it, from the command line

    if not 1 <= version <= CHECK_SET:
        raise ArgumentError(f"there are check sets 1 to {CHECK_SET}, not {version}")
    if isinstance(components, str) or not components:
        raise ArgumentError(f"the components are a list like ['Linear'], not {components!r}")
    expected = expected or {}
    cases: list[Any] = []
    names: set[str] = set()
    for component in components:
        cls, name, examples = examples_of(component, kind=kind)
        names.add(name)
        reasons = expected.get(name, {})
        checks = [check for check in CHECKS if check.kind == kind_of(cls)]
        unknown = reasons.keys() - {check.id for check in checks}
        if unknown:
            raise ArgumentError(f"no check of {name} has the id {', '.join(sorted(unknown))}")
        for check in checks:
            case = _Case(check, name, examples, version, reasons.get(check.id), seed, dtype)
            cases.append(pytest.param(case, id=f"{name}-{check.id}"))
    if expected.keys() - names:
        missing = ", ".join(sorted(expected.keys() - names))
        raise ArgumentError(f"{missing} is expected to fail, and is not checked")
    return pytest.mark.parametrize("check", cases)


class _Case:
    """One check of one component, to be called by a test."""

    def __init__(
        self,
        check: Check,
        name: str,
        examples: Sequence[Example],
        version: int,
        reason: str | None,
        seed: int,
        dtype: torch.dtype,
    ) -> None:
        self._check, self._name, self._examples = check, name, examples
        self._new = check.since > version
        self._reason, self._seed, self._dtype = reason, seed, dtype

    def __repr__(self) -> str:
        return f"{self._check.id} of {self._name}"

    def __call__(self) -> None:
        import pytest  # noqa: PLC0415  # as above

        __tracebackhide__ = True  # a failure shows the plugin's test, and what was found
        result = run_check(
            self._check, self._name, self._examples, seed=self._seed, dtype=self._dtype
        )
        if self._reason is not None:
            if result.status != "failed":
                raise CheckFailed(
                    f"{self!r} was expected to fail ({self._reason}), and is now "
                    f"{result.status}: take it out of `expected`"
                )
            pytest.xfail(f"{self._reason}: {result.detail}")
        if result.status == "not tried":
            pytest.skip(result.detail)
        if result.passed:
            return
        if self._new:
            warnings.warn(f"{self._check.id}: {result.detail}", NewCheckFailed, stacklevel=2)
            return
        raise CheckFailed(f"{self._check.id}: {result.detail}")
