"""The table of findings, and the findings made by it."""

from coreframe.doctor.catalogue import CATALOGUE, make_finding
from coreframe.doctor.diagnosis import in_order
from coreframe.doctor.finding import LEVELS


def test_ids_are_dense_in_each_half_and_their_levels_exist() -> None:
    static = [entry.id for entry in CATALOGUE.values() if not entry.by_import]
    assert static == [f"CF{number:03}" for number in range(1, len(static) + 1)]
    imported = [entry.id for entry in CATALOGUE.values() if entry.by_import]
    assert imported == [f"CF{number:03}" for number in range(20, 20 + len(imported))]
    assert {entry.level for entry in CATALOGUE.values()} == set(LEVELS)


# An id stands in people's configurations: it keeps its meaning, and its level.
PROMISED = {
    "error": "CF001 CF002 CF003 CF004 CF008 CF015 CF016 CF018 CF019 CF020 CF021 CF022 CF024",
    "warning": "CF005 CF006 CF007 CF009 CF010 CF012 CF013 CF014 CF023",
    "info": "CF011 CF017",
}


def test_no_level_has_changed() -> None:
    for level, ids in PROMISED.items():
        assert [e.id for e in CATALOGUE.values() if e.level == level] == ids.split()


def test_a_finding_has_the_level_of_the_table_and_one_line() -> None:
    finding = make_finding("CF005", "module Swish", "two\n  lines")
    assert (finding.level, finding.detail) == ("warning", "two lines")


def test_the_worst_stands_first_and_each_once() -> None:
    mild, bad, worse = (make_finding(id_, "it", "…") for id_ in ("CF011", "CF005", "CF020"))
    assert in_order([mild, bad, worse, bad]) == [worse, bad, mild]
