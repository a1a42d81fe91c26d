"""The lock of a checkpoint: what drifted since it was saved is said, and strict refuses."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from coreframe_toys import Descent
from safetensors import safe_open
from safetensors.torch import save_file

import coreframe as cf
from coreframe.training.digest import digest


class Source:
    """Offers the toys in the name of some distribution."""

    def __init__(self, distribution: str, version: str, *names: str) -> None:
        self.distribution, self.version, self.names = distribution, version, names

    @cf.hookimpl
    def coreframe_components(self) -> list[cf.ComponentRecord]:
        kinds = {"Affine": "module", "Square": "module", "Descent": "optimizer"}
        return [
            cf.ComponentRecord(
                kinds[name], name, self.distribution, self.version, f"coreframe_toys:{name}"
            )
            for name in self.names
        ]


ALL = ("Affine", "Square", "Descent")


def install(*sources: Source) -> None:
    cf.reset_registry()
    for source in sources:
        cf.get_registry().register(source)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    cf.reset_registry()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    install(Source("nets", "1.0", *ALL))
    model = cf.assemble(["Affine(2, 3)", "Square", "nets.Square"], seed=1)
    cf.save_checkpoint(tmp_path / "run.safetensors", model, Descent(model, 0.1))
    return tmp_path / "run.safetensors"


def test_a_checkpoint_names_the_origin_of_each_component(path: Path) -> None:
    with safe_open(path, "pt") as file:
        manifest = json.loads(file.metadata()["coreframe"])
    assert manifest["plugins"] == [
        {"kind": kind, "name": name, "distribution": distribution, "version": version}
        for kind, name, distribution, version in [
            ("module", "Affine", "nets", "1.0"),
            ("module", "Sequential", "coreframe", cf.__version__),
            ("module", "Square", "nets", "1.0"),
            ("module", "nets.Square", "nets", "1.0"),
            ("optimizer", "Descent", "nets", "1.0"),
        ]
    ]


@pytest.mark.parametrize("strict", [False, True])
def test_the_same_plugins_are_no_drift(path: Path, strict: bool) -> None:
    install(Source("Nets", "1.0", *ALL))  # as pip spells it or not
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cf.load_checkpoint(path, strict=strict).drift == ()


def test_another_version_is_a_warning_and_strict_refuses(path: Path) -> None:
    install(Source("nets", "1.1", "Affine", "Square"), Source("descents", "2.0", "Descent"))
    drift = (
        "module Affine was of nets 1.0, and is of nets 1.1 now (pip install nets==1.0)",
        "module Square was of nets 1.0, and is of nets 1.1 now (pip install nets==1.0)",
        "module nets.Square was of nets 1.0, and is of nets 1.1 now (pip install nets==1.0)",
        "optimizer Descent was of nets 1.0, and is of descents 2.0 now",
    )
    with pytest.warns(cf.PluginWarning) as caught:
        assert cf.load_checkpoint(path).drift == drift
    assert str(caught[0].message) == (
        f"the checkpoint {path} is loaded, but it was saved with other plugins: {'; '.join(drift)}"
    )
    assert caught[0].filename == __file__
    with pytest.raises(cf.CheckpointError) as error:
        cf.load_checkpoint(path, strict=True)
    assert str(error.value) == (
        f"the checkpoint {path} is refused: it was saved with other plugins: {'; '.join(drift)}"
    )


def test_what_is_missing_is_named_with_what_would_bring_it(path: Path) -> None:
    install(Source("nets", "1.0", "Affine", "Square"))
    with pytest.raises(cf.UnknownComponent) as error:
        cf.load_checkpoint(path)
    assert str(error.value).endswith(
        "optimizer Descent was of nets 1.0, and is in no metadata now (pip install nets==1.0)"
    )


def test_strict_refuses_before_anything_is_imported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Elsewhere(Source):
        @cf.hookimpl
        def coreframe_components(self) -> list[cf.ComponentRecord]:
            return [
                cf.ComponentRecord("module", name, "nets", "2.0", "no_such_module:Layer")
                for name in ("Affine", "Square")
            ]

    install(Elsewhere("nets", "2.0"))
    monkeypatch.setattr(cf.Registry, "hooks", lambda self: pytest.fail("hook modules imported"))
    with pytest.raises(cf.CheckpointError, match="is refused"):
        cf.load_checkpoint(path, strict=True)


def test_a_lock_must_speak_of_every_component(path: Path) -> None:
    with safe_open(path, "pt") as file:
        manifest = json.loads(file.metadata()["coreframe"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    manifest["plugins"] = manifest["plugins"][1:]
    text = json.dumps(manifest)
    save_file(tensors, path, metadata={"coreframe": text, "sha256": digest(text, tensors)})
    with pytest.raises(cf.CheckpointError, match="its lock does not speak of Affine"):
        cf.load_checkpoint(path, strict=True)
