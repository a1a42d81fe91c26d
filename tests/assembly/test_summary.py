"""summarize: a network as a table of its layers."""

import pytest
from coreframe_toys import Affine, Square

import coreframe as cf
from coreframe.assembly.summary import LayerSummary, Summary

pytestmark = pytest.mark.usefixtures("toys")


class Opaque(Square):
    """A layer that does not say its output's shape."""

    def output_shape(self, input_shape: cf.Shape | None) -> None:
        return None


def test_each_layer_with_shape_and_parameters_and_the_total() -> None:
    model = cf.assemble(["Affine(2, 25)", "Square", "Affine(25, 2)"], seed=0)
    assert cf.summarize(model) == Summary(
        layers=(
            LayerSummary("0", "Affine(2, 25)", (25,), 75),
            LayerSummary("1", "Square()", (25,), 0),
            LayerSummary("2", "Affine(25, 2)", (2,), 52),
        ),
        parameters=127,
    )


def test_a_population_is_summarized_as_one_of_its_replicas() -> None:
    specs = ["Affine(2, 3)", "Square"]
    assert cf.summarize(cf.assemble(specs, seeds=range(5))) == cf.summarize(cf.assemble(specs))


def test_shapes_are_unknown_until_a_layer_tells_or_the_input_does() -> None:
    model = cf.assemble(["Square", "Affine(2, 3)"])
    assert [row.output_shape for row in cf.summarize(model).layers] == [None, (3,)]
    assert [row.output_shape for row in cf.summarize(model, (2,)).layers] == [(2,), (3,)]


def test_after_an_opaque_layer_the_shape_is_unknown() -> None:
    model = cf.assemble(["Affine(2, 3)", Opaque()])
    assert [row.output_shape for row in cf.summarize(model).layers] == [(3,), None]


def test_a_shared_layer_stands_twice_and_counts_once_in_the_total() -> None:
    layer = Affine(2, 2)
    summary = cf.summarize(cf.assemble([layer, layer]))
    assert [row.parameters for row in summary.layers] == [6, 6]
    assert summary.parameters == 6


def test_a_nested_chain_is_one_row_with_all_its_parameters() -> None:
    summary = cf.summarize(cf.assemble(["Affine(2, 3)", "Sequential(Square, Affine(3, 4))"]))
    assert summary.layers[1] == LayerSummary("1", "Sequential(Square(), Affine(3, 4))", (4,), 16)
    assert summary.parameters == 25


def test_a_single_layer_is_one_row() -> None:
    assert cf.summarize(cf.assemble("Affine(2, 3)")) == Summary(
        layers=(LayerSummary("", "Affine(2, 3)", (3,), 9),), parameters=9
    )


def test_an_empty_chain_has_no_rows() -> None:
    assert cf.summarize(cf.Sequential()) == Summary(layers=(), parameters=0)


def test_an_input_that_does_not_fit_is_named() -> None:
    with pytest.raises(cf.ShapeError, match=r"layer 0: Affine\(2, 3\) takes 2 features, got \(5,"):
        cf.summarize(cf.assemble(["Affine(2, 3)"]), (5,))


def test_a_summary_draws_nothing() -> None:
    model = cf.Sequential(Affine(2, 3))
    cf.summarize(model)
    assert not model.param()[0].is_bound
