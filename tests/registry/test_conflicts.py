"""Conflicts: two distributions that offer one name."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coreframe import (
    AmbiguousComponent,
    BrokenPlugin,
    ComponentRecord,
    UnknownComponent,
    create,
    get_registry,
)
from coreframe.registry.record import normalize

if TYPE_CHECKING:
    from tests.registry.conftest import Install

LAYER = """
    from coreframe import Module

    class Swish(Module):
        def forward(self, x):
            return x

        def backward(self, dy):
            return dy
"""


def install_two(install: "Install", first: str = "alpha-nets", second: str = "beta.nets") -> None:
    for name in (first, second):
        module = f"{normalize(name)}_layers"
        install(name, f"[coreframe.modules]\nSwish = {module}:Swish", {module: LAYER})


def test_a_name_that_two_distributions_offer_is_an_error_that_lists_both(
    install: "Install",
) -> None:
    install_two(install)
    with pytest.raises(AmbiguousComponent) as error:
        create("module", "Swish")
    assert str(error.value) == (
        "module Swish is offered by alpha-nets 1.0 (alpha_nets_layers:Swish) and "
        "beta.nets 1.0 (beta_nets_layers:Swish): write alpha_nets.Swish or beta_nets.Swish, "
        "prefer one (coreframe --prefer alpha_nets.Swish), or uninstall all but one"
    )


def test_both_stay_listed_as_ambiguous_and_say_how_to_pick(install: "Install") -> None:
    install_two(install)
    found = [r for r in get_registry().components("module") if r.name == "Swish"]
    assert [(r.distribution, r.status) for r in found] == [
        ("alpha-nets", "ambiguous"),
        ("beta.nets", "ambiguous"),
    ]
    assert "write alpha_nets.Swish" in found[0].detail


def test_the_distributions_name_picks_one(install: "Install") -> None:
    install_two(install)
    assert type(create("module", "alpha_nets.Swish")).__module__ == "alpha_nets_layers"
    assert type(create("module", "beta_nets.Swish")).__module__ == "beta_nets_layers"


@pytest.mark.parametrize("spelling", ["beta.nets", "beta-nets", "Beta_Nets"])
def test_a_distribution_may_be_spelt_as_pip_accepts_it(install: "Install", spelling: str) -> None:
    install_two(install)
    assert get_registry().find("Swish", distribution=spelling).distribution == "beta.nets"


def test_the_picked_ones_repr_picks_it_again(install: "Install") -> None:
    install_two(install)
    layer = create("module", "beta_nets.Swish")
    assert repr(layer) == "beta_nets.Swish()"
    assert type(create("module", repr(layer))) is type(layer)


def test_install_order_never_matters(install: "Install") -> None:
    install_two(install, "beta.nets", "alpha-nets")
    with pytest.raises(AmbiguousComponent, match=r"by alpha-nets 1\.0 .* and beta\.nets 1\.0"):
        create("module", "Swish")


def test_only_that_name_is_ambiguous(install: "Install") -> None:
    install_two(install)
    install("third", "[coreframe.modules]\nMish = third_layers:Swish", {"third_layers": LAYER})
    create("module", "Mish")
    assert get_registry().find("Mish").status == "ok"


def test_the_same_name_of_two_kinds_is_no_conflict_where_the_kind_is_said(
    install: "Install",
) -> None:
    install("one", "[coreframe.modules]\nHinge = one:Hinge\n[coreframe.optimizers]\nHinge = one:H")
    registry = get_registry()
    assert registry.find("Hinge", kind="optimizer").target == "one:H"
    assert registry.find("Hinge", kind="module").status == "ok"
    with pytest.raises(AmbiguousComponent, match="Hinge is a module and an optimizer: say which"):
        registry.find("Hinge")


def test_an_unknown_distribution_of_a_known_name_says_where_it_is(install: "Install") -> None:
    install_two(install)
    with pytest.raises(UnknownComponent) as error:
        create("module", "gamma.Swish")
    assert str(error.value) == (
        "no installed plugin offers a module named gamma.Swish; "
        "there is alpha_nets.Swish and beta_nets.Swish"
    )


def test_a_command_that_two_distributions_offer_is_ambiguous_too(install: "Install") -> None:
    for name in ("one", "two"):
        install(name, f"[coreframe.commands]\ntides = {name}:run")
    with pytest.raises(AmbiguousComponent, match=r"command tides is offered by one 1\.0"):
        get_registry().find_command("tides")
    assert get_registry().find_command("two.tides").target == "two:run"


def swishes() -> list[ComponentRecord]:
    return [record for record in get_registry().components() if record.name == "Swish"]


def test_of_a_distribution_found_twice_on_the_path_the_first_counts_and_both_places_are_told(
    install: "Install",
) -> None:
    behind = install("twice", "[coreframe.modules]\nSwish = old:Swish", version="2.0")
    before = install("Twice", "[coreframe.modules]\nSwish = new:Swish", version="1.0")
    record = get_registry().find("Swish")
    assert (record.version, record.target, record.status) == ("1.0", "new:Swish", "ok")
    counted, hidden = swishes()
    assert (counted, hidden.status) == (record, "shadowed")
    assert hidden.detail == (
        f"twice is installed twice, and 1.0 in {before} is found before this 2.0 in {behind}; "
        "uninstall one"
    )


def test_what_only_a_hidden_copy_offers_cannot_be_used_and_says_why(install: "Install") -> None:
    install("twice", "[coreframe.modules]\nSwish = old:Swish", version="2.0")
    install("twice", "[console_scripts]\nsomething = new:main", version="1.0")
    assert [record.status for record in swishes()] == ["shadowed"]
    with pytest.raises(BrokenPlugin, match=r"Swish of twice 2\.0 cannot be used: .* uninstall one"):
        create("module", "Swish")


def test_a_folder_that_stands_twice_on_the_path_is_no_second_installation(
    install: "Install", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install("once", "[coreframe.modules]\nSwish = once:Swish")
    monkeypatch.syspath_prepend(tmp_path / "elsewhere" / ".." / folder.name)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.syspath_prepend(tmp_path / "link")
    assert [record.status for record in swishes()] == ["ok"]


@pytest.mark.parametrize("versions", [("1.9", "1.10"), ("1.10", "1.9"), ("1.9", "junk")])
def test_of_metadata_left_over_in_one_folder_the_newest_count(
    install: "Install", versions: tuple[str, str]
) -> None:
    first, second = (
        install("left", f"[coreframe.modules]\nSwish = left:V{index}", version=version)
        for index, version in enumerate(versions)
    )
    for metadata in second.iterdir():
        metadata.rename(first / metadata.name)
    newest = "1.10" if "1.10" in versions else "1.9"
    assert {r.version: r.status for r in swishes()} == {
        version: "ok" if version == newest else "shadowed" for version in versions
    }
    assert get_registry().find("Swish").version == newest


def test_a_longer_name_in_front_hides_nothing(install: "Install") -> None:
    install("swish", "[coreframe.modules]\nSwish = swish:Swish")
    folder = install("swish-extra", "[coreframe.modules]\nExtra = extra:Extra")
    # Older tools wrote the dash into the folder's name, where it also ends the name.
    (folder / "swish_extra-1.0.dist-info").rename(folder / "swish-extra-1.0.dist-info")
    names = {r.name: r.distribution for r in get_registry().components("module")}
    assert names["Swish"] == "swish"
    assert names["Extra"] == "swish-extra"


def test_a_distribution_that_offers_one_name_twice_is_told_to_its_author(
    install: "Install",
) -> None:
    install("one", "[coreframe.modules]\nSwish = one:First\nSwish = one:Second")
    (record,) = [r for r in get_registry().components() if r.name == "Swish"]
    assert (record.status, record.detail) == (
        "malformed",
        "it offers Swish twice, as one:First and one:Second; report this to the author of one",
    )
    with pytest.raises(BrokenPlugin, match="it offers Swish twice, as one:First and one:Second"):
        create("module", "Swish")


def test_a_line_that_stands_twice_is_one_offer(install: "Install") -> None:
    install("one", "[coreframe.modules]\nSwish = one:Swish\nSwish = one:Swish")
    assert get_registry().find("Swish").status == "ok"
    assert [r.name for r in get_registry().components()].count("Swish") == 1


FAULTY = {
    "incompatible": ("Swish = other:Swish", ["coreframe>=999"]),
    "malformed": ("Swish = nowhere", []),
    "malformed, offered twice": ("Swish = other:First\nSwish = other:Second", []),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_offer_is_no_rival_of_one_that_can_be_used(install: "Install", fault: str) -> None:
    line, requires = FAULTY[fault]
    install("faulty", f"[coreframe.modules]\n{line}", requires=requires)
    install("good", "[coreframe.modules]\nSwish = good_layers:Swish", {"good_layers": LAYER})
    registry = get_registry()
    assert registry.find("Swish").distribution == "good"
    assert type(create("module", "Swish")).__module__ == "good_layers"
    listed = {r.distribution: r.status for r in registry.components() if r.name == "Swish"}
    assert listed == {"good": "ok", "faulty": fault.partition(",")[0]}
    with pytest.raises(BrokenPlugin, match=r"module Swish of faulty 1\.0 cannot be used"):
        create("module", "faulty.Swish")


def test_two_that_can_be_used_are_ambiguous_whatever_is_faulty_beside_them(
    install: "Install",
) -> None:
    install_two(install)
    install("faulty", "[coreframe.modules]\nSwish = nowhere")
    with pytest.raises(AmbiguousComponent) as error:
        create("module", "Swish")
    assert "write alpha_nets.Swish or beta_nets.Swish, prefer one" in str(error.value)


def test_where_all_of_several_are_faulty_each_is_named_with_its_cause(install: "Install") -> None:
    install("old", "[coreframe.modules]\nSwish = old:Swish", requires=["coreframe>=999"])
    install("bad", "[coreframe.modules]\nSwish = nowhere")
    with pytest.raises(BrokenPlugin) as error:
        create("module", "Swish")
    assert "bad 1.0 (its entry point 'nowhere' is not of the form" in str(error.value)
    assert "old 1.0 (it needs coreframe>=999" in str(error.value)


def test_a_faulty_component_of_another_kind_leaves_the_name_clear(install: "Install") -> None:
    install("one", "[coreframe.modules]\nHinge = nowhere\n[coreframe.losses]\nHinge = one:Hinge")
    assert get_registry().find("Hinge").kind == "loss"
