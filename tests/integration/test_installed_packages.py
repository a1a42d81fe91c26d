"""Installed packages: everything works from wheels, outside the checkout."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.conftest import Environment, MakeEnvironment

ROOT = Path(__file__).parents[2]

BASE = {
    ("module", "Linear", "coreframe-linear"),
    ("module", "ReLU", "coreframe-activations"),
    ("module", "Sequential", "coreframe"),
    ("module", "Sigmoid", "coreframe-activations"),
    ("module", "Tanh", "coreframe-activations"),
    ("loss", "MSE", "coreframe-losses"),
    ("optimizer", "SGD", "coreframe-optimizers"),
}


def listed(environment: "Environment") -> list[dict[str, str]]:
    result = environment.run("coreframe", "list-components", "--json")
    assert result.returncode == 0, result.stderr
    components: list[dict[str, str]] = json.loads(result.stdout)["components"]
    return components


def test_nothing_of_the_checkout_is_on_the_path(everything: "Environment") -> None:
    path = everything.python(
        "import coreframe, sys; print(coreframe.__file__); print(*sys.path, sep='\\n')"
    )
    package, *entries = path.splitlines()
    assert package == str(everything.site / "coreframe" / "__init__.py")
    assert not [entry for entry in entries if str(ROOT) in entry]


def test_every_component_of_every_plugin_is_listed(
    everything: "Environment", wheels: dict[str, Path]
) -> None:
    components = listed(everything)
    found = {(c["kind"], c["name"], c["distribution"]) for c in components}
    assert found >= BASE
    assert {c["status"] for c in components} == {"ok"}
    commands = everything.python(
        "import coreframe\nprint(*(r.distribution for r in coreframe.get_registry().commands()))"
    )
    hooks = everything.python(
        "from importlib.metadata import entry_points\n"
        "print(*(e.dist.name for e in entry_points(group='coreframe.hooks')))"
    )
    offering = {c["distribution"] for c in components} | {*commands.split(), *hooks.split()}
    assert offering == wheels.keys()


def test_every_component_and_command_loads_from_its_wheel(everything: "Environment") -> None:
    out = everything.python(
        "import sys, coreframe\n"
        "from coreframe.assembly.create import load_class\n"
        "registry = coreframe.get_registry()\n"
        "for record in registry.components():\n"
        "    print(sys.modules[load_class(record).__module__].__file__)\n"
        "for record in registry.commands():\n"
        "    registry.load(record)\n"
        "    print(sys.modules[record.target.partition(':')[0]].__file__)\n"
    )
    assert len(out.splitlines()) >= len(BASE)
    assert all(line.startswith(str(everything.site)) for line in out.splitlines())


def test_a_network_of_the_base_plugins_assembles_and_trains(everything: "Environment") -> None:
    out = everything.python(
        "import torch, coreframe as cf\n"
        "class Ring(cf.Dataset):\n"
        "    def __init__(self):\n"
        "        x = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))\n"
        "        y = torch.eye(2)[(x.square().sum(1) > 1).long()]\n"
        "        self.train = self.test = cf.TensorSplit(x, y)\n"
        "specs = ['Linear(2, 8)', 'ReLU', 'Linear(8, 8)', 'Tanh', 'Sigmoid', 'Linear(8, 2)']\n"
        "model = cf.assemble(specs, seeds=[0, 1])\n"
        "loss = cf.create('loss', 'MSE')\n"
        "optimizer = cf.create('optimizer', 'SGD(lr=0.1, momentum=0.8)', model)\n"
        "history = cf.train_model(model, Ring(), loss, optimizer, epochs=2)\n"
        "cf.save_checkpoint('run.safetensors', model, optimizer)\n"
        "again = cf.load_checkpoint('run.safetensors').model\n"
        "print((history.loss[1] < history.loss[0]).all().item(), repr(again) == repr(model))\n"
    )
    assert out == "True True"


def test_the_commands_work(everything: "Environment") -> None:
    shown = everything.run("coreframe", "show", "Linear")
    assert "in_size: int, out_size: int" in shown.stdout
    specs = ["Linear(2, 25)", "ReLU", "Linear(25, 2)"]
    assembled = everything.run("coreframe", "assemble", *specs, "--json")
    assert json.loads(assembled.stdout)["parameters"] == 127


def test_the_core_alone_offers_sequential_and_nothing_else(core_alone: "Environment") -> None:
    assert [(c["name"], c["distribution"]) for c in listed(core_alone)] == [
        ("Sequential", "coreframe")
    ]


def test_the_core_alone_says_what_to_install(core_alone: "Environment") -> None:
    result = core_alone.run("coreframe", "assemble", "Linear(2, 25)", "ReLU")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "no installed plugin offers a module named Linear" in result.stderr
    assert "pip install 'coreframe[standard]'" in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_one_plugin_works_without_the_others(environment: "MakeEnvironment") -> None:
    made = environment("coreframe", "coreframe-linear")
    assert {c["name"] for c in listed(made)} == {"Linear", "PaddedLinear", "Sequential"}
    out = made.python("import coreframe as cf; print(cf.assemble(['Linear(2, 3)'], seed=0))")
    assert out == "Sequential(Linear(2, 3))"
