"""Menagerie: a zoo of plugins that are wrong in every way: real wheels, in folders of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

GOOD = '''
    from coreframe import Example, Module

    class {name}(Module):
        """y = x,  dx = dy

        Shapes: x (*, features) → y (*, features).
        """

        @classmethod
        def examples(cls):
            return [Example(cls(), (3,), known=[([[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]])])]

        def forward(self, x):
            self.save(x.shape)
            return x.clone()

        def backward(self, dy):
            self.saved()
            return dy.clone()

        def output_shape(self, input_shape):
            return input_shape
'''


@dataclass(frozen=True)
class Animal:
    """A distribution of the zoo.

    Attributes:
        name: of the distribution; its module is `name` with underscores.
        source: of the module.
        modules, hooks, commands: name to target, in the groups of these names.
        says: what an error of its component says.
        version, requires: of its metadata.
    """

    name: str
    source: str
    modules: dict[str, str] = field(default_factory=dict)
    hooks: dict[str, str] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    says: str = ""
    version: str = "1.0"
    requires: str = "coreframe>=0.1"

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    @property
    def component(self) -> str:
        return next(iter(self.modules))


def _broken(name: str, source: str, says: str, target: str = "", **more: str) -> Animal:
    component = "".join(word.title() for word in name.removeprefix("zoo-").split("-"))
    module = name.replace("-", "_")
    return Animal(name, source, {component: target or f"{module}:{component}"}, says=says, **more)  # type: ignore[arg-type]  # version and requires


BROKEN = [
    _broken("zoo-raising", "raise ValueError('no GPU')", "raised ValueError: no GPU"),
    _broken("zoo-syntax", "def broken(:", "raised SyntaxError: invalid syntax"),
    _broken(
        "zoo-lacking",
        "import a_package_nobody_has",
        "install what offers the package a_package_nobody_has",
    ),
    _broken("zoo-targetless", "class Other: pass", "has no attribute 'Targetless'"),
    _broken("zoo-moduleless", "", "No module named 'gone_module'", "gone_module:Moduleless"),
    _broken("zoo-faceless", "class Faceless: pass", "is not a subclass of coreframe.Module"),
    _broken(
        "zoo-halved",
        "from coreframe import Module\nclass Halved(Module): pass",
        "does not define backward, forward",
    ),
    _broken("zoo-exiting", "raise SystemExit(0)", "raised SystemExit: 0"),
    _broken(
        "zoo-library", "import ctypes; ctypes.CDLL('libnobody.so')", "raised OSError: libnobody"
    ),
    _broken(
        "zoo-future",
        "raise RuntimeError('imported')",
        "it needs coreframe>=99, and this is coreframe",
        requires="coreframe>=99",
    ),
    _broken("zoo-misshapen", "", "is not of the form module:Class", "not a target"),
]
"""Each has one component, of which every use fails with a sentence."""

PRINTING = """
    import os, subprocess, sys
    print("printed")
    os.write(1, b"written\\n")
    subprocess.run([sys.executable, "-c", "print('a child printed')"], check=True)
    import atexit
    atexit.register(print, "printed at the end")
"""

STDERR = """
    import subprocess, sys
    subprocess.run([sys.executable, "-c", "import sys; sys.stderr.write('a child wails\\\\n')"])
"""

MISSPELT = """
    import coreframe

    @coreframe.hookimpl
    def coreframe_run_strat(run): ...
"""

WATCHING = """
    import coreframe

    @coreframe.hookimpl
    def coreframe_components():
        print("looking around")
        return [
            coreframe.ComponentRecord("module", "Found", "zoo-finder", "1.0", "zoo_good:Good")
        ]

    @coreframe.hookimpl
    def coreframe_run_epoch(run, epoch):
        raise OSError("no disk")
"""

SOUND = [
    Animal("zoo-good", GOOD.format(name="Good"), {"Good": "zoo_good:Good"}),
    Animal(
        "zoo-slow",
        "import time; time.sleep(2)\n" + dedent(GOOD.format(name="Slow")),
        {"Slow": "zoo_slow:Slow"},
    ),
    Animal(
        "zoo-printing",
        dedent(PRINTING) + dedent(GOOD.format(name="Printing")),
        {"Printing": "zoo_printing:Printing"},
    ),
    Animal(
        "zoo-wailing",
        dedent(STDERR) + dedent(GOOD.format(name="Wailing")),
        {"Wailing": "zoo_wailing:Wailing"},
    ),
]
"""Each has one component that can be used."""

TWINS = [
    Animal(f"zoo-twin-{side}", GOOD.format(name="Twin"), {"Twin": f"zoo_twin_{side}:Twin"})
    for side in ("left", "right")
]

HOOKS = [
    Animal("zoo-misspelt", MISSPELT, hooks={"misspelt": "zoo_misspelt"}),
    Animal("zoo-finder", WATCHING, hooks={"finder": "zoo_finder"}),
]

COMMANDS = [
    Animal(
        "zoo-shouting",
        "raise SystemExit(9)",
        commands={"shout": "zoo_shouting:shout"},
        says="raised SystemExit: 9",
    ),
    Animal(
        "zoo-greeting",
        "def greet(): print('hello')",
        commands={"greet": "zoo_greeting:greet"},
    ),
]

DOUBLES = [
    Animal(
        "zoo-double",
        GOOD.format(name="Double"),
        {"Double": "zoo_double:Double"},
        version=version,
    )
    for version in ("1.0", "2.0")
]
"""One distribution in two versions, for two folders."""

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
dependencies = ["{requires}"]

{groups}
[tool.hatch.build.targets.wheel]
only-include = ["{module}.py"]
"""

BUILD = """\
import sys
from hatchling.builders.wheel import WheelBuilder
out, *projects = sys.argv[1:]
for project in projects:
    print(*WheelBuilder(project).build(directory=out, versions=["standard"]), sep="\\n")
"""


def build_wheels(animals: Sequence[Animal], folder: Path) -> list[Path]:
    """A wheel of each, made by hatchling in one process."""
    projects = []
    for animal in animals:
        project = folder / f"{animal.name}-{animal.version}"
        project.mkdir(parents=True)
        groups = {
            "modules": animal.modules,
            "hooks": animal.hooks,
            "commands": animal.commands,
        }
        text = "".join(
            f'[project.entry-points."coreframe.{group}"]\n'
            + "".join(f'{name} = "{target}"\n' for name, target in offers.items())
            for group, offers in groups.items()
            if offers
        )
        (project / "pyproject.toml").write_text(
            PYPROJECT.format(
                name=animal.name,
                version=animal.version,
                requires=animal.requires,
                module=animal.module,
                groups=text,
            )
        )
        (project / f"{animal.module}.py").write_text(dedent(animal.source), encoding="utf-8")
        projects.append(project)
    command = [sys.executable, "-c", BUILD, str(folder / "wheels"), *map(str, projects)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [Path(line) for line in done.stdout.splitlines()]


def install_into(target: Path, wheels: Sequence[Path]) -> None:
    """Install wheels into a folder, beside what it holds already."""
    command = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
    options = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(target)]
    done = subprocess.run(
        [*command, *options, *map(str, wheels)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
