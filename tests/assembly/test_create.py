"""create: one component of each kind, by its spec."""

from typing import Any

import numpy as np
import pytest
import torch
from coreframe_toys import Affine, Descent, Points, Square, SumOfSquares

import coreframe as cf
from coreframe.assembly.spec import Spec, parse_spec


class Halving(cf.Schedule):
    """factor = 1 / 2ˢ, s being the step."""

    def factor(self, step: int, total: int) -> float:
        return 0.5**step


class HalvingSource:
    """Offers the schedule."""

    @cf.hookimpl
    def coreframe_components(self) -> list[cf.ComponentRecord]:
        target = f"{__name__}:Halving"
        return [cf.ComponentRecord("schedule", "Halving", "toys", "1.0", target)]


@pytest.mark.usefixtures("toys")
class TestCreate:
    def test_each_kind(self) -> None:
        model = cf.create("module", "Affine(2, 3)")
        assert type(model) is Affine
        assert type(cf.create("loss", "SumOfSquares")) is SumOfSquares
        assert type(cf.create("dataset", "Points(samples=8)")) is Points
        optimizer = cf.create("optimizer", "Descent(lr=0.1)", model)
        assert type(optimizer) is Descent
        assert optimizer.model is model

    def test_arguments_reach_the_constructor(self) -> None:
        layer = cf.create("module", "Affine(2, out_size=3, gain=[0.5, 1])")
        assert repr(layer) == "Affine(2, 3, gain=[0.5, 1])"

    def test_settings_stand_beside_the_spec_or_instead(self) -> None:
        assert len(cf.create("dataset", "Points(samples=8)", seed=1).train) == 8
        assert repr(cf.create("dataset", "Points", samples=8, seed=1)) == (
            "Points(samples=8, seed=1)"
        )

    def test_arguments_that_no_spec_can_hold_come_first(self) -> None:
        model = cf.create("module", "Affine(2, 3)")
        assert repr(cf.create("optimizer", "Descent(0.1)", model)) == "Descent(lr=0.1)"

    def test_an_argument_in_the_spec_and_beside_it_is_an_error(self) -> None:
        with pytest.raises(cf.ArgumentError) as error:
            cf.create("dataset", "Points(samples=8)", samples=9)
        assert str(error.value) == "Points: samples is given in the spec and beside it"

    def test_an_argument_by_place_in_the_spec_and_by_name_beside_it(self) -> None:
        with pytest.raises(cf.ArgumentError, match="multiple values for argument 'samples'"):
            cf.create("dataset", "Points(8)", samples=9)

    def test_nested_specs_are_modules(self) -> None:
        model = cf.create("module", "Sequential(Affine(2, 3), Sequential(Square, Affine(3, 1)))")
        assert [type(module) for _, module in model.named_modules()] == [
            cf.Sequential,
            Affine,
            cf.Sequential,
            Square,
            Affine,
        ]

    def test_numbers_of_numpy_and_torch_stand_in_the_spec_as_pythons_own(self) -> None:
        layer = cf.create("module", "Affine", np.int64(2), torch.tensor(3), gain=np.array([0.5, 1]))
        assert repr(layer) == "Affine(2, 3, gain=[0.5, 1.0])"
        assert type(layer) is Affine
        assert (type(layer.in_size), type(layer.out_size)) == (int, int)

    def test_a_nested_spec_of_another_kind_is_an_error(self) -> None:
        with pytest.raises(cf.UnknownComponent, match="SumOfSquares is a loss, not a module"):
            cf.create("module", "Sequential(SumOfSquares)")

    def test_a_spec_that_is_parsed_already(self) -> None:
        assert repr(cf.create("module", Spec("Affine", args=(2, 3)))) == "Affine(2, 3)"
        assert repr(cf.create("module", parse_spec("Square"))) == "Square()"

    def test_a_name_with_its_distribution_is_kept_in_the_repr(self) -> None:
        layer = cf.create("module", "coreframe_toys.Affine(2, 3)")
        assert repr(layer) == "coreframe_toys.Affine(2, 3)"

    def test_objects_by_name_and_by_hand_are_the_same(self) -> None:
        assert vars(cf.create("module", "Square")).keys() - {"spec_name"} == vars(Square()).keys()
        assert repr(cf.create("module", "Affine(2, 3)")) == repr(Affine(2, 3))

    @pytest.mark.parametrize(
        ("spec", "error"),
        [
            ("Affine(2", cf.SpecError),
            ("Afine(2, 3)", cf.UnknownComponent),
            ("Points", cf.UnknownComponent),
            ("Affine(2)", cf.ArgumentError),
            ("Affine(2, '3')", cf.ArgumentError),
            ("Affine(0, 3)", cf.ArgumentError),
        ],
    )
    def test_each_mistake_has_its_error(self, spec: str, error: type[Exception]) -> None:
        with pytest.raises(error):
            cf.create("module", spec)

    @pytest.mark.parametrize("kind", ["modules", "command", "", "Module"])
    def test_an_unknown_kind(self, kind: str) -> None:
        with pytest.raises(cf.ArgumentError, match="there is no kind"):
            cf.create(kind, "Square")

    def test_an_optimizer_without_its_model(self) -> None:
        with pytest.raises(cf.ArgumentError, match="Descent: missing a required argument: 'model'"):
            cf.create("optimizer", "Descent(lr=0.1)")

    def test_what_torch_refuses_in_a_constructor_is_an_argument_error(self) -> None:
        with pytest.raises(cf.ArgumentError, match=r"Points: .*negative dimension") as error:
            cf.create("dataset", "Points(-4)")
        assert "\n" not in str(error.value)


def test_a_schedule(toys: cf.Registry) -> None:
    toys.register(HalvingSource())
    assert cf.create("schedule", "Halving").factor(2, 10) == 0.25


@pytest.mark.parametrize("error", [TypeError, ValueError, RuntimeError])
def test_what_a_constructor_raises_names_the_component(
    toys: cf.Registry, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse(self: object, *args: Any) -> None:
        raise error("no such size\nC++ stack:\n  frame 1")

    monkeypatch.setattr(Square, "__init__", refuse)
    with pytest.raises(cf.ArgumentError) as raised:
        cf.create("module", "Square")
    assert str(raised.value) == "Square: no such size"
    assert isinstance(raised.value.__cause__, error)
