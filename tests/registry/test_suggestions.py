"""Suggestions: what an unknown name is told."""

import pytest

from coreframe import ComponentRecord, Registry, UnknownComponent, hookimpl


class Source:
    """Offers what the test says."""

    def __init__(self, **kinds: str) -> None:
        self.kinds = kinds

    @hookimpl
    def coreframe_components(self) -> list[ComponentRecord]:
        return [
            ComponentRecord(kind, name, "nets", "1.0", f"nets:{name}")
            for kind, names in self.kinds.items()
            for name in names.split()
        ]


REGISTRY = Registry([Source(module="Linear ReLU LeakyReLU", loss="MSE", optimizer="SGD")])


def told(name: str, kind: str | None = "module", registry: Registry = REGISTRY) -> str:
    with pytest.raises(UnknownComponent) as error:
        registry.find(name, kind=kind)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Lineer", "Linear"),
        ("linear", "Linear"),
        ("RELU", "ReLU or LeakyReLU"),
        ("leaky_relu", "LeakyReLU"),
    ],
)
def test_a_near_name_is_suggested(name: str, near: str) -> None:
    message = f"no installed plugin offers a module named {name}; did you mean {near}?"
    assert told(name) == message


def test_without_a_near_one_all_of_the_kind_are_listed_and_the_mend() -> None:
    assert told("Conv3d") == (
        "no installed plugin offers a module named Conv3d; known: LeakyReLU, Linear, ReLU; install "
        "the plugin that offers it, or the base plugins: pip install 'coreframe[standard]'"
    )


def test_where_nothing_is_installed_it_says_what_to_install() -> None:
    assert told("MSE", "loss", Registry([])) == (
        "no installed plugin offers a loss named MSE; no loss is installed; install the plugin "
        "that offers it, or the base plugins: pip install 'coreframe[standard]'"
    )


def test_a_name_of_another_kind_says_which() -> None:
    assert told("MSE") == "MSE is a loss, not a module"
    assert told("Linear", "optimizer") == "Linear is a module, not an optimizer"


def test_without_a_kind_all_components_are_known() -> None:
    assert told("Nothing", None).startswith(
        "no installed plugin offers a component named Nothing; known: LeakyReLU, Linear, MSE"
    )


def test_an_unknown_command() -> None:
    with pytest.raises(UnknownComponent, match="offers a command named reproduse"):
        REGISTRY.find_command("reproduse")


class Records:
    """Offers these records."""

    def __init__(self, *records: ComponentRecord) -> None:
        self.records = records

    @hookimpl
    def coreframe_components(self) -> tuple[ComponentRecord, ...]:
        return self.records


BROKEN = Records(
    ComponentRecord("module", "Swish", "old", "1.0", "old:Swish", "incompatible", "too old"),
    ComponentRecord("module", "Mish", "old", "1.0", "old:Mish", "incompatible", "too old"),
    ComponentRecord("module", "Conv", "odd", "2.0", "odd", "malformed", "no target"),
    ComponentRecord("loss", "Hinge", "lossy", "3.0", "lossy", "malformed", "no target"),
    ComponentRecord("module", "Linear", "nets", "1.0", "nets:Linear"),
)


def test_broken_plugins_of_the_kind_that_might_offer_it_are_named_with_near_names() -> None:
    assert told("Swosh", registry=Registry([BROKEN])) == (
        "no installed plugin offers a module named Swosh; broken plugins that might offer it: "
        "odd 2.0 (malformed), old 1.0 (incompatible), see coreframe list-components; "
        "did you mean Swish?"
    )


def test_broken_plugins_are_named_where_no_name_is_near() -> None:
    message = told("Dropout", registry=Registry([BROKEN]))
    assert "odd 2.0 (malformed), old 1.0 (incompatible), see coreframe" in message
    assert "lossy" not in message
    assert "known: Conv, Linear, Mish, Swish; install" in message
