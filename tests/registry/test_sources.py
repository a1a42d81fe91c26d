"""Sources: plugins of the registry that know of components."""

from typing import Any

import pluggy
import pytest

from coreframe import (
    BrokenPlugin,
    ComponentRecord,
    Registry,
    UnknownComponent,
    create,
    get_registry,
    hookimpl,
)


def record(
    name: str, distribution: str = "found", target: str = "coreframe_toys:Square"
) -> ComponentRecord:
    return ComponentRecord("module", name, distribution, "1.0", target)


class Source:
    """Offers some records, and counts how often it was asked."""

    def __init__(self, *records: ComponentRecord) -> None:
        self.records, self.asked = records, 0

    @hookimpl
    def coreframe_components(self) -> tuple[ComponentRecord, ...]:
        self.asked += 1
        return self.records


def test_a_source_offers_components_found_at_run_time() -> None:
    registry = Registry([Source(record("One")), Source(record("Two"))])
    assert [r.name for r in registry.components()] == ["One", "Two"]


def test_a_registry_without_sources_is_empty() -> None:
    assert Registry([]).components() == []
    assert Registry([]).commands() == []


def test_a_source_is_asked_once() -> None:
    source = Source(record("One"))
    registry = Registry([source])
    for _ in range(3):
        registry.components()
        registry.find("One")
    assert source.asked == 1


def test_a_source_registered_later_is_seen() -> None:
    registry = Registry([Source(record("One"))])
    registry.components()
    registry.register(Source(record("Two")))
    assert [r.name for r in registry.components()] == ["One", "Two"]


def test_a_source_registered_twice_counts_once() -> None:
    source = Source(record("One"))
    registry = Registry([source, source])
    assert [r.status for r in registry.components()] == ["ok"]


def test_its_components_assemble_like_installed_ones(toys: Registry) -> None:
    assert get_registry() is toys
    toys.register(Source(record("Squared")))
    assert repr(create("module", "Squared")) == "Squared()"


def test_sources_and_installed_distributions_conflict_like_any_two(toys: Registry) -> None:
    toys.register(Source(record("Sequential")))
    statuses = [r.status for r in toys.components("module") if r.name == "Sequential"]
    assert statuses == ["ambiguous", "ambiguous"]


def test_a_misspelt_hook_is_an_error_and_is_not_registered() -> None:
    class Misspelt(Source):
        @hookimpl
        def coreframe_componets(self) -> None: ...

        def __repr__(self) -> str:
            return "Misspelt"

    registry = Registry([])
    with pytest.raises(BrokenPlugin) as error:
        registry.register(Misspelt(record("One")))
    assert str(error.value) == (
        "Misspelt does not fit coreframe's hooks: there is no hook coreframe_componets; "
        "did you mean coreframe_components?"
    )
    assert registry.components() == []


def test_a_hook_with_other_arguments_is_an_error_and_is_not_registered() -> None:
    class Wrong:
        @hookimpl
        def coreframe_components(self, cards: int) -> list[ComponentRecord]:
            return [record("One")]

    registry = Registry([])
    with pytest.raises(BrokenPlugin, match=r"does not fit coreframe's hooks: .*cards") as error:
        registry.register(Wrong())
    assert isinstance(error.value.__cause__, pluggy.PluginValidationError)
    assert registry.components() == []


class Faulty:
    """Runs what the test says when it is asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    @hookimpl
    def coreframe_components(self) -> Any:
        return self.answer()

    def __repr__(self) -> str:
        return "Faulty"


def burst() -> None:
    raise OSError("no such\nfolder")


def leave() -> None:
    raise SystemExit(3)


def burst_halfway() -> Any:
    yield record("Half")
    burst()


NAMELESS = ComponentRecord("module", None, "a", "1", "a:A")  # type: ignore[arg-type]  # it is wrong

FAULTS = {
    burst: "it raised OSError: no such folder",
    leave: "it raised SystemExit: 3",
    burst_halfway: "it raised OSError: no such folder",
    (lambda: [record("Half"), "Swish"]): "it gave <str object at",
    (lambda: 3): "it raised TypeError: 'int' object is not iterable",
    (lambda: [NAMELESS]): "which is no whole ComponentRecord",
}


@pytest.mark.parametrize("answer", FAULTS, ids=list(FAULTS.values()))
def test_a_source_that_fails_is_named_and_the_others_stay(answer: Any) -> None:
    registry = Registry([Source(record("One")), Faulty(answer), Source(record("Two"))])
    assert [r.name for r in registry.components()] == ["One", "Two"]
    (fault,) = registry.faults
    assert fault.startswith("the source Faulty offers no components: ")
    assert FAULTS[answer] in fault
    assert "\n" not in fault


def test_an_unknown_name_is_told_which_source_failed() -> None:
    registry = Registry([Source(record("One")), Faulty(burst)])
    with pytest.raises(UnknownComponent, match="named Two; the source Faulty offers no components"):
        registry.find("Two")


def test_a_source_that_knows_nothing_is_no_fault() -> None:
    registry = Registry([Faulty(lambda: None), Faulty(list)])
    assert (registry.components(), registry.faults) == ([], [])


def test_ctrl_c_in_a_source_is_no_fault_of_it() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Registry([Faulty(interrupt)]).components()
