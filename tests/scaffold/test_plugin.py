"""NewPlugin: what follows from a name, and which names cannot be one."""

import pytest

from coreframe import ArgumentError
from coreframe.registry.kinds import KINDS
from coreframe.scaffold.plugin import GROUPS, NewPlugin, name_plugin


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Swish", "swish"),
        ("LogCosh", "log-cosh"),
        ("MSE", "mse"),
        ("RMSNorm", "rms-norm"),
        ("Conv2d", "conv2d"),
        ("L1Loss", "l1-loss"),
        ("My_Layer_", "my-layer"),
    ],
)
def test_the_words_of_a_class_name_are_package_module_and_file(name: str, words: str) -> None:
    underscored = words.replace("-", "_")
    assert name_plugin("module", name) == NewPlugin(
        kind="module",
        name=name,
        distribution=f"coreframe-{words}",
        module=f"coreframe_{underscored}",
        stem=underscored,
        attribute=name,
    )


def test_a_file_is_never_a_keyword_of_python() -> None:
    assert name_plugin("module", "Lambda").stem == "lambda_module"


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("greet", "greet"),
        ("greet-all", "greet_all"),
        ("import", "import_command"),  # a keyword
        ("sorted", "sorted_command"),  # a built-in
        ("json", "json_command"),  # what the file imports
    ],
)
def test_a_command_is_a_function_that_hides_no_other(name: str, function: str) -> None:
    plugin = name_plugin("command", name)
    assert (plugin.attribute, plugin.stem) == (function, "command")
    assert plugin.distribution == f"coreframe-{name}"


def test_a_package_may_have_any_name_that_pip_and_python_take() -> None:
    plugin = name_plugin("loss", "LogCosh", "Fine.Losses")
    assert (plugin.distribution, plugin.module) == ("Fine.Losses", "fine_losses")


def test_every_kind_of_component_can_be_written_and_commands() -> None:
    assert [*KINDS, "command"] == [*GROUPS]
    assert name_plugin("loss", "LogCosh").group == "coreframe.losses"
    assert name_plugin("command", "greet").group == "coreframe.commands"


@pytest.mark.parametrize("name", ["", "swish", "None", "2Fast", "Log-Cosh", "Größe", "A b", "A\n"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_name_of_a_class_is_refused(kind: str, name: str) -> None:
    with pytest.raises(ArgumentError, match="cannot be the name of a"):
        name_plugin(kind, name)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("module", "Parameter"), ("optimizer", "Slab"), ("dataset", "Tensor"), ("loss", "ValueError")],
)
def test_a_name_that_its_own_file_needs_is_refused(kind: str, name: str) -> None:
    with pytest.raises(ArgumentError, match="its own file needs that name already"):
        name_plugin(kind, name)


@pytest.mark.parametrize("name", ["", "Greet", "-greet", "greet-", "gr eet", "a.b", "2nd"])
def test_what_cannot_be_typed_as_a_command_is_refused(name: str) -> None:
    with pytest.raises(ArgumentError, match="cannot be the name of a command"):
        name_plugin("command", name)


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        ("", "letters and digits"),
        ("a/b", "letters and digits"),
        ("..", "letters and digits"),
        ("-x", "letters and digits"),
        ("größe", "letters and digits"),
        ("swish\n", "letters and digits"),
        ("2fast", "Python cannot import 2fast"),
        ("lambda", "Python cannot import lambda"),
        ("torch", "would hide the module torch"),
        ("Coreframe", "would hide the module coreframe"),
        ("json", "would hide the module json"),
    ],
)
def test_what_cannot_be_a_package_is_refused(package: str, reason: str) -> None:
    with pytest.raises(ArgumentError, match=reason):
        name_plugin("module", "Swish", package)


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ArgumentError, match="no kind 'layer'; the kinds are module, loss"):
        name_plugin("layer", "Swish")
