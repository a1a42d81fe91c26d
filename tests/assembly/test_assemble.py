"""assemble: a network from specs, modules and lists of both."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from coreframe_toys import Affine, Square

import coreframe as cf
from coreframe.assembly.spec import Spec

pytestmark = pytest.mark.usefixtures("toys")


def test_a_list_becomes_a_sequential() -> None:
    model = cf.assemble(["Affine(2, 3)", "Square", "Affine(3, 1)"], seed=0)
    assert repr(model) == "Sequential(Affine(2, 3), Square(), Affine(3, 1))"
    assert [name for name, _ in model.named_parameters()] == [
        "0.weight",
        "0.bias",
        "2.weight",
        "2.bias",
    ]


def test_a_list_of_one_is_a_list_too() -> None:
    assert repr(cf.assemble(["Square"])) == "Sequential(Square())"


@pytest.mark.parametrize("specs", [[], ()])
def test_an_empty_list_is_no_network(specs: Sequence[str]) -> None:
    with pytest.raises(cf.ArgumentError, match="the list of specs is empty"):
        cf.assemble(specs)
    assert repr(cf.assemble("Sequential()")) == "Sequential()"


def test_a_single_spec_is_the_network() -> None:
    assert type(cf.assemble("Affine(2, 3)", seed=0)) is Affine
    assert type(cf.assemble(Spec("Square"))) is Square
    assert repr(cf.assemble("Sequential(Affine(2, 3), Square)")) == (
        "Sequential(Affine(2, 3), Square())"
    )


def test_modules_made_by_hand_stand_among_the_specs() -> None:
    layer = Affine(2, 3)
    model = cf.assemble([layer, "Square", Spec("Affine", args=(3, 1))], seed=0)
    assert model.children()["0"] is layer


def test_a_module_made_by_hand_can_be_the_network() -> None:
    layer = Affine(2, 3)
    assert cf.assemble(layer, seed=0) is layer


def test_by_hand_and_by_name_give_the_same_values() -> None:
    by_name = cf.assemble(["Affine(2, 3)", "Affine(3, 1)"], seed=5)
    by_hand = cf.assemble(cf.Sequential(Affine(2, 3), Affine(3, 1)), seed=5)
    assert by_name.state().keys() == by_hand.state().keys()
    for name, value in by_name.state().items():
        assert torch.equal(value, by_hand.state()[name])


def test_a_seed_gives_the_same_values_again_and_another_others() -> None:
    first, again, other = (cf.assemble("Affine(2, 3)", seed=seed).param()[0] for seed in (1, 1, 2))
    assert torch.equal(first.value, again.value)
    assert not torch.equal(first.value, other.value)


def test_without_a_seed_torchs_global_generator_decides() -> None:
    values = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        values.append(cf.assemble("Affine(2, 3)").param()[0].value)
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])


@pytest.mark.parametrize("seeds", [[7, 8, 9], (7, 8, 9), range(7, 10), np.arange(7, 10)])
def test_seeds_make_a_population_of_the_lone_models(seeds: Any) -> None:
    population = cf.assemble(["Affine(2, 3)", "Affine(3, 1)"], seeds=seeds)
    assert population.replicas == (3,)
    assert population.random.seeds == (7, 8, 9)
    for replica, seed in enumerate((7, 8, 9)):
        lone = cf.assemble(["Affine(2, 3)", "Affine(3, 1)"], seed=seed)
        assert lone.replicas == ()
        for name, value in lone.state().items():
            assert torch.equal(population.state()[name][replica], value)


def test_one_seed_in_a_list_is_a_population_of_one() -> None:
    assert cf.assemble("Affine(2, 3)", seeds=[4]).replicas == (1,)


def test_one_setting_per_replica() -> None:
    wide, narrow = (cf.assemble(f"Affine(2, 3, gain={g})", seed=1).param()[0] for g in (2.0, 0.5))
    population = cf.assemble("Affine(2, 3, gain=[2.0, 0.5])", seeds=[1, 1])
    assert torch.equal(population.param()[0].value, torch.stack([wide.value, narrow.value]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": 1, "seeds": [2]}, "give seed for a lone model or seeds for a population"),
        ({"seeds": []}, "a population needs at least one seed"),
        ({"seeds": 3}, "seeds takes one integer per replica; write seed=3 for one"),
        ({"seed": [1]}, r"seed takes one integer; write seeds=\[1\] for a population"),
        ({"seeds": "abc"}, "a seed must be an integer"),
        ({"seeds": [1, "a"]}, "a seed must be an integer"),
        ({"seeds": [1.5]}, "a seed must be an integer"),
        ({"seed": 1.5}, "a seed must be an integer"),
    ],
)
def test_seeds_that_are_none(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(cf.ArgumentError, match=message):
        cf.assemble("Affine(2, 3)", **settings)


@pytest.mark.parametrize(
    ("seeds", "count"), [(None, "a lone model"), ([1], "a population of 1"), ([1, 2, 3], "of 3")]
)
def test_settings_of_another_count_than_the_replicas(
    seeds: Sequence[int] | None, count: str
) -> None:
    with pytest.raises(cf.ArgumentError, match=f"has 2 numbers for .*{count}"):
        cf.assemble("Affine(2, 3, gain=[1, 2])", seeds=seeds)


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        (
            ["Affine(2, 3)", "Affine(4, 1)"],
            "layer 1 after Affine(2, 3): Affine(4, 1) takes 4 features, got (3,)",
        ),
        (
            ["Affine(2, 3)", "Square", "Affine(4, 1)"],
            "layer 2 after Square(): Affine(4, 1) takes 4 features, got (3,)",
        ),
        (
            ["Affine(2, 3)", "Sequential(Square, Affine(4, 1))"],
            "layer 1 after Affine(2, 3): layer 1 after Square(): Affine(4, 1) takes 4 features, got (3,)",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_named(specs: list[str], message: str) -> None:
    with pytest.raises(cf.ShapeError) as error:
        cf.assemble(specs)
    assert str(error.value) == message


@pytest.mark.parametrize("specs", [None, 3, {"model": []}, {"Affine(2, 3)"}])
def test_something_that_is_no_list_of_specs(specs: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="assemble takes a spec, a module or a list of them"):
        cf.assemble(specs)


@pytest.mark.parametrize("layer", [["Square"], None, 3, Square])
def test_something_in_the_list_that_is_no_spec(layer: Any) -> None:
    with pytest.raises(cf.ArgumentError) as error:
        cf.assemble(["Square", layer])
    assert str(error.value).startswith(f"layer 1 must be a spec or a module, got {layer!r}")
    assert ('write "Sequential(…)"' in str(error.value)) == isinstance(layer, list)


def test_a_part_of_a_model_cannot_be_made_anew_alone() -> None:
    model = cf.assemble(["Square"], seed=0)
    with pytest.raises(cf.ProtocolError, match=r"not Square\(\) at 0 alone"):
        cf.assemble(model.children()["0"], seed=1)


def read(layer: Affine) -> Affine:
    assert layer.weight.value.shape == (3, 2)
    return layer


HOLDERS: dict[str, Callable[[], cf.Module]] = {
    "made by hand and read": lambda: read(Affine(2, 3)),
    "of another model": lambda: cf.assemble(["Affine(2, 3)"], seed=0).children()["0"],
    "a whole model": lambda: cf.assemble(["Affine(2, 3)"], seed=0),
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("listed", [False, True])
def test_values_that_are_there_are_not_lost(holder: str, listed: bool) -> None:
    module = HOLDERS[holder]()
    before = module.state()
    with pytest.raises(cf.ArgumentError) as error:
        cf.assemble(["Square", module] if listed else module, seed=1)
    assert str(error.value) == (
        f"assemble draws new values, and {module!r} holds some already: make a Sequential(…) to "
        "keep them, or pass its spec, repr(layer), for new ones"
    )
    for name, value in module.state().items():
        assert torch.equal(value, before[name])


def test_a_refused_layer_stays_in_its_model() -> None:
    model = cf.assemble(["Affine(2, 3)"], seed=0)
    layer = model.children()["0"]
    with pytest.raises(cf.ArgumentError, match="holds some already"):
        cf.assemble(["Square", layer], seed=1)
    assert layer.context.owner is model


def test_both_ways_that_the_refusal_names_work() -> None:
    layer = read(Affine(2, 3))
    value = layer.weight.value.clone()
    drawn = cf.assemble([repr(layer)], seed=0).param()[0].value
    assert not torch.equal(drawn, value)
    assert torch.equal(cf.Sequential(layer, Square()).param()[0].value, value)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_dtype(dtype: torch.dtype) -> None:
    model = cf.assemble("Affine(2, 3)", seed=0, dtype=dtype)
    assert {parameter.value.dtype for parameter in model.param()} == {dtype}
    assert {parameter.grad.dtype for parameter in model.param()} == {dtype}


def test_a_dtype_that_holds_no_weights() -> None:
    with pytest.raises(cf.ArgumentError, match=r"floating-point dtype, not torch\.int64"):
        cf.assemble("Affine(2, 3)", dtype=torch.int64)


def test_sizes_and_devices_that_torch_cannot_serve() -> None:
    with pytest.raises(cf.ArgumentError, match=r"torch cannot make the tensors of Affine\(10000"):
        cf.assemble("Affine(1000000000000, 1000000000000)", seed=0)


@pytest.mark.parametrize("device", ["nowhere", "gpu", "", 1.5])
def test_a_device_that_does_not_exist(device: Any) -> None:
    with pytest.raises(cf.ArgumentError) as error:
        cf.assemble("Affine(2, 3)", device=device)
    assert str(error.value) == f"there is no device {device!r}; write 'cpu', 'cuda' or 'cuda:0'"


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for what this machine has")
def test_a_device_that_this_machine_has_not() -> None:
    with pytest.raises(cf.ArgumentError, match=r"torch cannot make the tensors of Affine\(2, 3\)"):
        cf.assemble("Affine(2, 3)", device="cuda")


@pytest.mark.parametrize("dtype", ["float32", np.float32, float])
def test_a_dtype_that_is_none_of_torchs(dtype: Any) -> None:
    with pytest.raises(cf.ArgumentError) as error:
        cf.assemble("Affine(2, 3)", dtype=dtype)
    assert str(error.value) == (f"dtype takes one of torch's, such as torch.float32, not {dtype!r}")


@pytest.mark.parametrize("specs", [["Affine(2, 3)", "Square"], ("Affine(2, 3)",)])
def test_parse_model_takes_the_reports_dictionary(specs: Sequence[str]) -> None:
    model = cf.parse_model({"model": specs, "lr": 0.1}, seed=3)
    assert repr(model) == repr(cf.assemble(specs, seed=3))
    assert model.random.seeds == 3


def test_parse_model_makes_populations() -> None:
    assert cf.parse_model({"model": ["Affine(2, 3)"]}, seeds=[1, 2]).replicas == (2,)


@pytest.mark.parametrize("dictionary", [{}, {"layers": []}, ["Affine(2, 3)"], "model", None])
def test_parse_model_of_something_else(dictionary: Any) -> None:
    with pytest.raises(cf.ArgumentError, match=r'parse_model takes a dictionary like \{"model": '):
        cf.parse_model(dictionary)


@pytest.mark.parametrize("field", ["Affine(2, 3)", None, 3, {"a": 1}])
def test_parse_model_of_a_field_that_is_no_list(field: Any) -> None:
    with pytest.raises(cf.ArgumentError, match='the field "model" must be a list of specs, got '):
        cf.parse_model({"model": field})
