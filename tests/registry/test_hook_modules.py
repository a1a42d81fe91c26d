"""Hook modules: imported by what needs them, and none of them can stop another."""

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from coreframe import BrokenPlugin, Registry, build_registry, create, get_registry, hookimpl

if TYPE_CHECKING:
    from tests.registry.conftest import Install

FINDER = """
    import coreframe

    @coreframe.hookimpl
    def coreframe_components():
        names = ("Found", "Swish")
        return [
            coreframe.ComponentRecord("module", n, "{distribution}", "1.0", "coreframe_toys:Square")
            for n in names
        ]
"""


def install_hooks(
    install: "Install", source: str, name: str = "finder", target: str | None = None
) -> None:
    entry_points = f"[coreframe.hooks]\n{name} = {target or name}"
    install(name, entry_points, {name: source.replace("{distribution}", name)})


def install_swish(install: "Install") -> None:
    install("nets", "[coreframe.modules]\nSwish = coreframe_toys:Square")


def test_components_found_at_run_time_are_listed_when_asked_for(install: "Install") -> None:
    install_swish(install)
    install_hooks(install, FINDER)
    registry = get_registry()
    assert "Found" not in [r.name for r in registry.components()]
    found = {
        r.qualified: (r.status, r.detail)
        for r in registry.components(dynamic=True)
        if r.name in ("Found", "Swish")
    }
    assert found == {
        "finder.Found": ("ok", ""),
        "finder.Swish": (
            "ambiguous",
            "an installed component of this name goes before; write finder.Swish",
        ),
        "nets.Swish": ("ok", ""),
    }


def test_listing_imports_no_hook_module(install: "Install") -> None:
    install_hooks(install, "raise RuntimeError('imported')")
    registry = build_registry()
    registry.components()
    registry.commands()
    registry.find("Sequential")
    assert "finder" in [r.name for r in registry.hook_modules()]
    assert "finder" not in sys.modules
    assert registry.faults == []


def test_a_component_found_at_run_time_is_made_by_name(install: "Install") -> None:
    install_swish(install)
    install_hooks(install, FINDER)
    assert repr(create("module", "Found")) == "Found()"
    assert repr(create("module", "finder.Swish")) == "finder.Swish()"
    assert get_registry().find("Swish").distribution == "nets"


def test_two_that_find_one_name_are_ambiguous(install: "Install") -> None:
    for name in ("finder", "seeker"):
        install_hooks(install, FINDER, name)
    found = [r for r in get_registry().components(dynamic=True) if r.name == "Found"]
    assert [r.status for r in found] == ["ambiguous", "ambiguous"]
    assert get_registry().find("Found", distribution="seeker").distribution == "seeker"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("raise ValueError('odd')", "loading finder raised ValueError: odd; reinstall finder"),
        ("raise SystemExit(3)", "loading finder raised SystemExit: 3"),
        ("import nobody_has_this", "install what offers the package nobody_has_this"),
        (
            "import coreframe\n@coreframe.hookimpl\ndef coreframe_run_strat(run): ...",
            "there is no hook coreframe_run_strat; did you mean coreframe_run_start?",
        ),
        (
            "import coreframe\n@coreframe.hookimpl\ndef zzz(run): ...",
            "there is no hook zzz; there are coreframe_components, coreframe_run_end",
        ),
        (
            "def coreframe_run_start(run): ...",
            "coreframe_run_start is not marked with @coreframe.hookimpl",
        ),
        (
            "import coreframe\n@coreframe.hookimpl\ndef coreframe_run_start(walk): ...",
            "hook 'coreframe_run_start'",
        ),
        (
            "from coreframe import hookimpl\n@hookimpl(wrapper=True)\ndef coreframe_run_end(): yield",
            "coreframe_run_end is a wrapper",
        ),
        (
            "import coreframe\n@coreframe.hookimpl\nasync def coreframe_run_start(run): ...",
            "coreframe_run_start is asynchronous",
        ),
        (
            "import coreframe\n@coreframe.hookimpl\ndef coreframe_run_start(run): yield",
            "coreframe_run_start is a generator",
        ),
        (
            "import coreframe\n@coreframe.hookimpl\ndef coreframe_run_start(run=None): ...",
            "coreframe_run_start has a default for run",
        ),
        ("x = 5", "it implements none of coreframe_components, "),
        ("def __dir__():\n    raise SystemExit(7)", "does not fit coreframe's hooks: 7"),
    ],
)
def test_a_broken_hook_module_is_named_and_stops_nothing(
    install: "Install", source: str, says: str
) -> None:
    install_hooks(install, FINDER, "seeker")
    install("finder", "[coreframe.hooks]\nfinder = finder", {"finder": source}, version="2.1")
    registry = get_registry()
    assert "Found" in [r.name for r in registry.components(dynamic=True)]
    (fault,) = registry.hook_faults
    assert fault.startswith("hooks finder of finder 2.1 ")
    assert says in fault
    assert "\n" not in fault
    assert registry.faults == [fault]


def test_hooks_may_be_a_class_of_which_one_object_is_made(install: "Install") -> None:
    source = (
        "import coreframe\nclass Finder:\n    @coreframe.hookimpl\n"
        "    def coreframe_components(self):\n        return []\n"
    )
    install_hooks(install, source, target="finder:Finder")
    registry = get_registry()
    (implementation,) = [
        i
        for i in registry.hooks().implementations("coreframe_components")
        if registry.hooks().origin(i)
    ]
    assert registry.hooks().describe(implementation) == "hooks finder of finder 1.0"
    assert registry.hook_faults == []


def test_a_class_of_hooks_that_cannot_be_made_is_a_fault(install: "Install") -> None:
    source = "class Finder:\n    def __init__(self):\n        raise OSError('no disk')"
    install_hooks(install, source, target="finder:Finder")
    get_registry().hooks()
    (fault,) = get_registry().hook_faults
    assert "calling finder:Finder raised OSError: no disk; reinstall finder" in fault


def test_a_source_may_not_speak_for_another_distribution(install: "Install") -> None:
    install_hooks(install, FINDER.replace("{distribution}", "coreframe-linear"))
    registry = get_registry()
    assert "Found" not in [r.name for r in registry.components(dynamic=True)]
    (fault,) = registry.faults
    assert fault == (
        "the source hooks finder of finder 1.0 offers no components: it offers Found in the name "
        "of coreframe-linear, which is not its own; report this to its author"
    )


def test_a_source_that_raises_is_a_fault_of_a_dynamic_listing(install: "Install") -> None:
    source = "import coreframe\n@coreframe.hookimpl\ndef coreframe_components(): return 1 / 0"
    install_hooks(install, source)
    registry = get_registry()
    assert registry.faults == []
    registry.components(dynamic=True)
    (fault,) = registry.faults
    assert "hooks finder of finder 1.0 offers no components: it raised ZeroDivisionError" in fault


def test_hook_modules_of_one_name_are_no_conflict(install: "Install") -> None:
    for distribution in ("one", "two"):
        module = f"{distribution}_hooks"
        source = "import coreframe\n@coreframe.hookimpl\ndef coreframe_components(): return []"
        install(distribution, f"[coreframe.hooks]\nboard = {module}", {module: source})
    registry = get_registry()
    boards = [r.status for r in registry.hook_modules() if r.name == "board"]
    assert boards == ["ok", "ok"]
    registry.hooks()
    assert registry.hook_faults == []


def test_an_incompatible_hook_module_is_not_imported(install: "Install") -> None:
    install(
        "late",
        "[coreframe.hooks]\nlate = late",
        {"late": "raise RuntimeError('imported')"},
        requires=["coreframe>=99"],
    )
    registry = get_registry()
    registry.hooks()
    (fault,) = registry.hook_faults
    assert "it needs coreframe>=99" in fault


def test_a_plugin_can_be_taken_out_again() -> None:
    class Watcher:
        @hookimpl
        def coreframe_run_start(self, run: object) -> None: ...

    registry, watcher = Registry([]), Watcher()
    registry.register(watcher)
    assert len(registry.hooks().implementations("coreframe_run_start")) == 1
    registry.unregister(watcher)
    registry.unregister(watcher)
    assert registry.hooks().implementations("coreframe_run_start") == []


def test_a_plugin_that_cannot_be_looked_at_is_an_error() -> None:
    class Odd:
        def __dir__(self) -> list[str]:
            raise OSError("no name")

    with pytest.raises(BrokenPlugin, match="does not fit coreframe's hooks: no name"):
        Registry([Odd()])


def test_those_registered_first_are_called_first_unless_one_asks() -> None:
    class Watcher:
        @hookimpl
        def coreframe_run_start(self, run: object) -> None: ...

    class First:
        @hookimpl(tryfirst=True)
        def coreframe_run_start(self, run: object) -> None: ...

    class Last:
        @hookimpl(trylast=True)
        def coreframe_run_start(self, run: object) -> None: ...

    plugins = [Last(), Watcher(), Watcher(), First()]
    order = Registry(plugins).hooks().implementations("coreframe_run_start")
    assert [i.plugin for i in order] == [plugins[3], plugins[1], plugins[2], plugins[0]]


def test_the_registry_starts_without_what_watchers_see() -> None:
    script = (
        "import sys, coreframe.registry.registry as r; r.get_registry().hooks()\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_plugins_that_say_they_are_equal_are_two() -> None:
    class Equal:
        @hookimpl
        def coreframe_run_start(self, run: object) -> None: ...

        def __eq__(self, other: object) -> bool:
            raise ValueError("eq")

        __hash__ = object.__hash__

    with pytest.raises(BrokenPlugin, match="does not fit coreframe's hooks: eq"):
        Registry([Equal(), Equal()])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("kind='spell'", "it offers Found as 'spell', and the kinds are module, "),
        ("name='D.y n'", "its name 'D.y n' cannot stand in a spec"),
        ("target='nonsense'", "its entry point 'nonsense' is not of the form module:Class"),
        ("status='bogus'", "it gives Found the status 'bogus'"),
    ],
)
def test_a_source_that_gives_what_cannot_be_is_a_fault(
    install: "Install", change: str, says: str
) -> None:
    source = FINDER.replace(
        'coreframe.ComponentRecord("module", n, "{distribution}", "1.0", "coreframe_toys:Square")',
        "__import__('dataclasses').replace(coreframe.ComponentRecord('module', n, "
        f"'finder', '1.0', 'coreframe_toys:Square'), {change})",
    )
    install_hooks(install, source)
    registry = get_registry()
    assert "Found" not in [r.name for r in registry.components(dynamic=True)]
    (fault,) = registry.faults
    assert says in fault
