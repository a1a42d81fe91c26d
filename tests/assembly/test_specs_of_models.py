"""The repr of a component is its spec, and assembles again to an equal one."""

from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Square

import coreframe as cf

pytestmark = pytest.mark.usefixtures("toys")


@pytest.mark.parametrize(
    ("specs", "seeding"),
    [
        ("Affine(2, 3)", {"seed": 1}),
        ("Affine(2, 3, gain=0.5)", {"seed": 1}),
        ("Affine(out_size=3, in_size=2)", {"seed": 1}),
        ("coreframe_toys.Affine(2, 3)", {"seed": 1}),
        ("Sequential()", {"seed": 1}),
        (["Affine(2, 3)", "Square", "Affine(3, 1, gain=2)"], {"seed": 1}),
        (["Sequential(Affine(2, 3), Sequential(Square))", "Affine(3, 1)"], {"seed": 1}),
        (["Affine(2, 3, gain=[0.5, 1.0, 1e-07])", "Square"], {"seeds": [1, 2, 3]}),
        ([Affine(2, 3, gain=0.25), Square()], {"seeds": [1, 2]}),
        ("Affine(2, 3, gain=[0.5])", {"seeds": [1]}),
    ],
)
def test_repr_assembles_to_an_equal_model(specs: Any, seeding: dict[str, Any]) -> None:
    model = cf.assemble(specs, **seeding)
    again = cf.assemble(repr(model), **seeding)
    assert repr(again) == repr(model)
    assert again.state().keys() == model.state().keys()
    for name, value in model.state().items():
        assert torch.equal(again.state()[name], value)


@pytest.mark.parametrize("kept", [0, 2, [1], [2, 0, 0]])
def test_also_after_a_selection(kept: int | list[int]) -> None:
    model = cf.assemble(["Affine(2, 3, gain=[0.5, 1.0, 2.0])"], seeds=[1, 2, 3]).select(kept)
    seeds = model.random.seeds
    again = cf.assemble(
        repr(model).removeprefix("Sequential(").removesuffix(")"),
        **{"seed" if isinstance(seeds, int) else "seeds": seeds},  # type: ignore[arg-type]
    )
    for (_, one), (_, other) in zip(
        model.named_parameters(), again.named_parameters(), strict=True
    ):
        assert torch.equal(one.value, other.value)


def test_a_setting_for_each_of_thousands_of_replicas() -> None:
    gains = [0.5 + replica / 7 for replica in range(2000)]
    model = cf.assemble([Affine(2, 2, gain=gains) for _ in range(4)], seeds=range(2000))
    assert len(repr(model)) > 100_000
    assert repr(cf.assemble(repr(model), seeds=range(2000))) == repr(model)


def test_datasets_and_optimizers_too() -> None:
    data = cf.create("dataset", "Points(8)", seed=[3, 4])
    again = cf.create("dataset", repr(data))
    assert torch.equal(
        again.part("train").take(torch.zeros(2, 1, dtype=torch.int64))[0],
        data.part("train").take(torch.zeros(2, 1, dtype=torch.int64))[0],
    )
    model = cf.assemble("Affine(2, 3)", seeds=[1, 2])
    optimizer = cf.create("optimizer", "Descent", model, lr=[0.1, 0.2], momentum=0.5)
    assert repr(optimizer) == "Descent(lr=[0.1, 0.2], momentum=0.5)"
    assert repr(cf.create("optimizer", repr(optimizer), model)) == repr(optimizer)
