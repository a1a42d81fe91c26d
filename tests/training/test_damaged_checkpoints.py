"""Damaged checkpoints: each is named with what is wrong; a failed save leaves the old file."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from coreframe_toys import Descent
from safetensors import safe_open
from safetensors.torch import save_file

import coreframe as cf
from coreframe.training import checkpoint
from coreframe.training.digest import digest

Manifest = dict[str, Any]
Tensors = dict[str, torch.Tensor]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good checkpoint."""
    model = cf.assemble(["Affine(2, 3)", "Square"], seeds=[1, 2])
    cf.save_checkpoint(tmp_path / "run.safetensors", model, Descent(model, 0.1))
    return tmp_path / "run.safetensors"


def refusal(path: Path) -> str:
    with pytest.raises(cf.CheckpointError) as error:
        cf.load_checkpoint(path)
    assert str(path) in str(error.value)
    return str(error.value)


def alter(path: Path, change: Callable[[Manifest, Tensors], None]) -> None:
    with safe_open(path, "pt") as file:
        manifest = json.loads(file.metadata()["coreframe"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(manifest, tensors)
    save_file(tensors, path, metadata=sealed(json.dumps(manifest), tensors))


def sealed(manifest: str, tensors: Tensors) -> dict[str, str]:
    """The metadata of a file that nobody altered afterwards."""
    return {"coreframe": manifest, "sha256": digest(manifest, tensors)}


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 100, 0.5, -1])
def test_a_file_cut_short(path: Path, keep: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if keep == 0.5 else int(keep)])
    assert "is no readable checkpoint, or it was cut short or altered" in refusal(path)


def test_a_file_with_something_appended(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")
    assert "cut short or altered" in refusal(path)


@pytest.mark.parametrize("position", [0, 3, 9, 30])
def test_a_header_that_was_altered(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 0xFF
    path.write_bytes(content)
    assert "cut short or altered" in refusal(path)


def test_no_byte_of_a_file_can_be_altered_unseen(path: Path) -> None:
    content = path.read_bytes()
    for position in range(0, len(content), 7):
        altered = bytearray(content)
        altered[position] ^= 0x01
        path.write_bytes(altered)
        assert "altered" in refusal(path) or "checkpoint format" in refusal(path), position


def test_values_that_were_altered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 0x01
    path.write_bytes(content)
    assert refusal(path) == (
        f"{path} was altered after it was saved: its contents are not those of its digest"
    )


def test_tensors_that_were_exchanged(path: Path) -> None:
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    first, second = [name for name in tensors if name.startswith("random/")][:2]
    tensors[first], tensors[second] = tensors[second], tensors[first]
    save_file(tensors, path, metadata=metadata)
    assert "was altered after it was saved" in refusal(path)


@pytest.mark.parametrize(
    "plugins",
    [None, 3, [3], [{}], [{"kind": "module"}], [["kind", "name", "distribution", "version"]]],
    ids=str,
)
def test_a_lock_that_is_none(path: Path, plugins: Any) -> None:
    alter(path, lambda manifest, _: manifest.update(plugins=plugins))
    assert "is damaged: " in refusal(path)


@pytest.mark.parametrize(
    "name", ["model", "optimizer", "seeds", "dtype", "evaluating", "plugins", "progress"]
)
def test_a_manifest_that_lacks_a_field(path: Path, name: str) -> None:
    alter(path, lambda manifest, _: manifest.pop(name))
    assert f"is damaged: KeyError('{name}')" in refusal(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "Sequential(Affine(2, 4), Square())"),
        ("model", "Sequential(Affine(2, 3)"),
        ("model", "Sequential(Affine(2, 3), Affine(4, 2))"),
        ("model", "Affine(2)"),
        ("model", "__import__('os').system('true')"),
        ("model", 3),
        ("model", None),
        ("optimizer", "Descent(lr=-1)"),
        ("optimizer", "Descent(lr=[1, 2, 3])"),
        ("seeds", [1]),
        ("seeds", 1),
        ("seeds", ["a", "b"]),
        ("seeds", []),
        ("seeds", None),
        ("seeds", 1.5),
        ("dtype", "torch.int64"),
        ("dtype", "os"),
        ("evaluating", ["9"]),
        ("evaluating", [["0"]]),
        ("evaluating", True),
    ],
)
def test_a_manifest_that_does_not_fit_its_tensors(path: Path, name: str, value: Any) -> None:
    def change(manifest: Manifest, _: Tensors) -> None:
        manifest[name] = value

    alter(path, change)
    assert f"the checkpoint {path} is damaged" in refusal(path)


def missing(_: Manifest, tensors: Tensors) -> None:
    del tensors["model/0.weight"]


def unexpected(_: Manifest, tensors: Tensors) -> None:
    tensors["model/9.weight"] = torch.zeros(1)


def misshapen(_: Manifest, tensors: Tensors) -> None:
    tensors["optimizer/velocity.0.weight"] = torch.zeros(2, 3, 3)


def without_order(_: Manifest, tensors: Tensors) -> None:
    del tensors["random/order"]


def nonsense_order(_: Manifest, tensors: Tensors) -> None:
    tensors["random/order"] = torch.zeros(2, 5, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (missing, "'0.weight' is missing"),
        (unexpected, "'9.weight' is not one of its names"),
        (misshapen, "'velocity.0.weight' has shape (2, 3, 3), not (2, 3, 2)"),
        (without_order, "no stream 'order'"),
        (nonsense_order, "is damaged"),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    path: Path, change: Callable[[Manifest, Tensors], None], what: str
) -> None:
    alter(path, change)
    assert what in refusal(path)


@pytest.mark.parametrize("number", [0, 1, 3, None, "2"])
def test_a_format_of_another_version(path: Path, number: Any) -> None:
    alter(path, lambda manifest, _: manifest.update(format=number))
    assert f"has checkpoint format {number!r}, this version reads 2" in refusal(path)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == f"there is no checkpoint at {tmp_path / 'none'}"
    assert refusal(tmp_path) == f"there is no checkpoint at {tmp_path}"


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"coreframe": "{"}])
def test_a_safetensors_file_of_someone_elses(
    tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    save_file({"weight": torch.zeros(2)}, tmp_path / "other", metadata=metadata)
    assert refusal(tmp_path / "other").endswith("is not a checkpoint of coreframe's, or altered")


@pytest.mark.parametrize("manifest", ["[]", "3", "null", '"text"'])
def test_a_manifest_that_is_no_table(tmp_path: Path, manifest: str) -> None:
    save_file({"weight": torch.zeros(2)}, tmp_path / "other", metadata={"coreframe": manifest})
    assert "this version reads 2" in refusal(tmp_path / "other")


def test_files_of_other_kinds_are_not_executed(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("epochs: 3\n")
    refusal(tmp_path / "text")
    (tmp_path / "pickle").write_bytes(pickle.dumps(Exploding(tmp_path / "touched")))
    refusal(tmp_path / "pickle")
    assert not (tmp_path / "touched").exists()


class Exploding:
    """Touches a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


def test_a_component_that_is_not_installed_is_named_as_such(path: Path) -> None:
    cf.reset_registry()  # without the small components
    with pytest.raises(cf.UnknownComponent, match="a module named Affine") as error:
        cf.load_checkpoint(path)
    assert str(error.value).startswith(f"the checkpoint {path} cannot be loaded: ")
    assert "module Affine was of coreframe-toys 1.0, and is in no metadata now" in str(error.value)


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_save_that_fails_half_way_leaves_the_earlier_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    earlier = path.read_bytes()

    def fail(tensors: Tensors, target: Path, metadata: Any) -> None:
        target.write_bytes(b"half of it")
        raise error

    monkeypatch.setattr(checkpoint, "save_file", fail)
    expected = cf.CheckpointError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as raised:
        cf.save_checkpoint(path, cf.assemble(["Affine(2, 3)"], seed=0))
    if isinstance(error, OSError):
        assert str(raised.value) == f"cannot write the checkpoint {path}: disk full"
    assert path.read_bytes() == earlier
    assert list(path.parent.iterdir()) == [path]


def test_the_earlier_file_is_replaced_whole_and_never_written_into(path: Path) -> None:
    earlier = path.read_bytes()
    link = path.with_name("link")
    link.hardlink_to(path)
    cf.save_checkpoint(path, cf.assemble(["Affine(2, 3)"], seed=0))
    assert link.read_bytes() == earlier
    assert path.read_bytes() != earlier
