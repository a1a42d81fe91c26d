"""Injection: a spec is read, never run; a payload that works in Python does nothing here."""

from contextlib import suppress
from pathlib import Path

import pytest

from coreframe import Registry, SpecError, UnknownComponent, assemble, create

IMPORT = "__import__('pathlib').Path(TARGET).touch()"


@pytest.mark.parametrize(
    "payload",
    [
        IMPORT,
        f"[{IMPORT}]",
        f"[{IMPORT} for _ in [1]]",
        f"(lambda: {IMPORT})()",
        f'f"{{{IMPORT}}}"',
        f"(x := {IMPORT})",
        f"{IMPORT} or 1",
        f"0 if {IMPORT} else 1",
        f"dict(**{{'a': {IMPORT}}})",
        f"print(*[{IMPORT}])",
        f"max({IMPORT}, 1, key=id)",
        f"str(object={IMPORT})",
        f"eval({IMPORT!r})",
        f"exec({IMPORT!r})",
        "().__class__.__base__.__subclasses__()[0].__base__ and " + IMPORT,
        f"type('X', (), {{'__init__': lambda self: {IMPORT}}})()",
        "getattr(__import__('os'), 'system')('touch ' + TARGET)",
        "[*map(__import__('os').mknod, [TARGET])]",
    ],
)
@pytest.mark.parametrize("place", ["{}", "Square({})", "Affine(2, gain={})", "Sequential([{}])"])
def test_a_payload_is_not_run(toys: Registry, tmp_path: Path, payload: str, place: str) -> None:
    target = tmp_path / "touched"
    text = payload.replace("TARGET", repr(str(target)))
    with suppress(TypeError):  # raised after it has worked: it hands None to a function
        eval(text)  # noqa: S307  # shows that the payload would have worked
    assert target.exists()
    target.unlink()

    spec = place.format(text)
    with pytest.raises((SpecError, UnknownComponent)):
        create("module", spec)
    with pytest.raises((SpecError, UnknownComponent)):
        assemble([spec])
    assert not target.exists()


@pytest.mark.parametrize("name", ["print", "eval", "Exception", "Affine.__init__", "os.system"])
def test_names_of_python_are_unknown_here(toys: Registry, name: str) -> None:
    with pytest.raises(UnknownComponent):
        create("module", f"{name}(2, 3)")


def test_a_module_can_be_named_only_as_it_was_registered(toys: Registry) -> None:
    create("module", "coreframe_toys.Affine(2, 3)")  # the distribution coreframe-toys
    with pytest.raises(UnknownComponent):
        create("module", "coreframe_toys.Toys")  # in that module, but not offered
