"""export_model: what the file holds, and what is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor

import coreframe as cf
from coreframe_onnx import OnnxGraph, export_model

for plugin in ("activations", "composition", "linear", "normalization", "regularization"):
    pytest.importorskip(f"coreframe_{plugin}")
pytest.importorskip("coreframe_sequence")
pytest.importorskip("coreframe_losses")


class Twice(cf.Module):
    """y = 2 x, which does not say its export."""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        return 2 * x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.saved()
        return 2 * gradwrtoutput[0]


class Thrice(Twice):
    """Says that it is twice, and computes something else."""

    def forward(self, x: Tensor) -> Tensor:
        return 3 * x

    def export(self, graph: cf.Graph, x: str) -> str:
        return graph.add("Mul", x, graph.constant(2.0))


def made(*layers: str, seed: int = 0) -> cf.Module:
    return cf.assemble(list(layers), seed=seed)


def computed(path: Path, *batch: Tensor) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(path)
    names = [given.name for given in session.get_inputs()]
    feed = {name: x.numpy() for name, x in zip(names, batch, strict=True)}
    return list(session.run(None, feed))


def test_the_file_computes_what_the_model_does_in_evaluation(tmp_path: Path) -> None:
    model = made("Linear(3, 4)", "Dropout(0.5)", "BatchNorm(4)", "Tanh", "Linear(4, 2)")
    before = model.state()
    path = tmp_path / "model.onnx"
    off = export_model(model, path, (3,))
    assert 0 <= off <= 1e-5
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state().items())
    model.eval()
    for size in (1, 2, 11, 300):
        x = torch.randn(size, 3, generator=torch.Generator().manual_seed(size))
        (y,) = computed(path, x)
        torch.testing.assert_close(torch.from_numpy(y), model.forward(x), rtol=1e-5, atol=1e-5)


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    model = made("Linear(3, 4)", "ReLU", "Linear(4, 2)")
    export_model(model, tmp_path / "m.onnx", (3,), metadata={"who": "me"})
    proto = onnx.load(tmp_path / "m.onnx")
    assert [(o.domain, o.version) for o in proto.opset_import] == [("", 21)]
    assert (proto.ir_version, proto.producer_name) == (10, "coreframe")
    assert {p.key: p.value for p in proto.metadata_props} == {"model": repr(model), "who": "me"}
    (x,), (y,) = proto.graph.input, proto.graph.output
    shapes = [[d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in (x, y)]
    assert (x.name, y.name, shapes) == ("input", "output", [["batch", 3], ["batch", 2]])
    held = {c.name: numpy_helper.to_array(c) for c in proto.graph.initializer}
    assert held.keys() == {"0.weight", "0.bias", "2.weight", "2.bias"}
    for name, value in model.state().items():
        assert np.array_equal(held[name], value.numpy())
    assert [node.name for node in proto.graph.node] == [
        "0/Gemm_0",
        "1/Relu_1",
        "2/Gemm_2",
        "output",
    ]


def test_a_layer_that_is_used_twice_is_stored_once(tmp_path: Path) -> None:
    (layer,) = made("Linear(2, 2)").children().values()
    export_model(cf.Sequential(layer, layer), tmp_path / "m.onnx", (2,))
    proto = onnx.load(tmp_path / "m.onnx")
    assert {c.name for c in proto.graph.initializer} == {"0.weight", "0.bias"}
    assert [node.op_type for node in proto.graph.node].count("Gemm") == 2


def test_double_precision_becomes_single(tmp_path: Path) -> None:
    model = cf.assemble(["Linear(3, 2)", "BatchNorm(2)"], seed=0, dtype=torch.float64)
    export_model(model, tmp_path / "m.onnx", torch.randn(5, 3, dtype=torch.float64))
    x = torch.ones(2, 3)
    (y,) = computed(tmp_path / "m.onnx", x)
    assert y.dtype == np.float32
    wanted = model.eval().forward(x.double()).float()
    torch.testing.assert_close(torch.from_numpy(y), wanted, rtol=1e-5, atol=1e-5)
    assert next(iter(model.param())).value.dtype is torch.float64


def test_what_comes_before_a_model_is_told_apart_from_it(tmp_path: Path) -> None:
    standardize = pytest.importorskip("coreframe_datasets").Standardize(3).initialize(seed=0)
    standardize.mean.value = torch.tensor([1000.0, -5.0, 0.5])
    standardize.deviation.value = torch.tensor([200.0, 0.01, 1.0])
    model, path = made("Linear(3, 2)"), tmp_path / "m.onnx"
    export_model(model, path, (3,), before=cf.Sequential(standardize))
    graph = onnx.load(path).graph
    assert [n.name for n in graph.node] == [
        "before.0/Sub_0",
        "before.0/Div_1",
        "0/Gemm_2",
        "output",
    ]
    names = {"before.0.mean", "before.0.deviation", "0.weight", "0.bias"}
    assert {c.name for c in graph.initializer} == names
    x = torch.tensor([[1200.0, -5.01, 1.5], [800.0, -5.0, 0.5]])
    (y,) = computed(path, x)
    wanted = model.forward(torch.tensor([[1.0, -1.0, 1.0], [-1.0, 0.0, 0.0]]))
    torch.testing.assert_close(torch.from_numpy(y), wanted, rtol=1e-4, atol=1e-4)


def test_several_inputs_and_outputs_are_numbered(tmp_path: Path) -> None:
    attention = made("MultiHeadAttention(4, 2)").children()["0"]
    export_model(attention, tmp_path / "m.onnx", (3, 4), cf.Sample((3,), "indices", 2))
    names = [given.name for given in onnxruntime.InferenceSession(tmp_path / "m.onnx").get_inputs()]
    assert names == ["input_0", "input_1"]
    export_model(made("Parallel(Linear(2, 1), Tanh)"), tmp_path / "m.onnx", (2,))
    outputs = onnxruntime.InferenceSession(tmp_path / "m.onnx").get_outputs()
    assert [given.name for given in outputs] == ["output_0", "output_1"]


def test_integers_are_taken_in_64_bits(tmp_path: Path) -> None:
    pytest.importorskip("coreframe_tables")
    indices = torch.tensor([[0, 1], [1, -1]], dtype=torch.int32)
    export_model(made("CategoricalEmbedding([2, 2], 3)"), tmp_path / "m.onnx", indices)
    (given,) = onnxruntime.InferenceSession(tmp_path / "m.onnx").get_inputs()
    assert (given.type, given.shape) == ("tensor(int64)", ["batch", 2])


@pytest.mark.parametrize(
    ("loss", "layer"),
    [
        ("CrossEntropy", "Linear(2, 3)"),
        ("BinaryCrossEntropy", "Linear(2, 1)"),
        ("NLL", "Sequential(Linear(2, 3), LogSoftmax)"),
        ("KLDivergence", "Sequential(Linear(2, 3), LogSoftmax)"),
    ],
)
def test_a_loss_makes_probabilities_of_outputs(tmp_path: Path, loss: str, layer: str) -> None:
    model, reader = made(layer), cf.create("loss", loss)
    export_model(model, tmp_path / "m.onnx", (2,), loss=reader)
    x = torch.tensor([[0.5, -2.0], [1.0, 3.0]])
    output, probabilities = map(torch.from_numpy, computed(tmp_path / "m.onnx", x))
    torch.testing.assert_close(probabilities, reader.probabilities(output), rtol=1e-5, atol=1e-6)


def test_a_loss_that_knows_no_probabilities_adds_none(tmp_path: Path) -> None:
    export_model(made("Linear(2, 3)"), tmp_path / "m.onnx", (2,), loss=cf.create("loss", "MSE"))
    assert len(computed(tmp_path / "m.onnx", torch.ones(1, 2))) == 1


class Cancelling(Twice):
    """y = (x + c) − c, which loses the digits that are lost beside c; said to be x + by."""

    def __init__(self, c: float, by: float = 0.0) -> None:
        self.c, self.by = c, by

    def forward(self, x: Tensor) -> Tensor:
        return (x + self.c) - self.c

    def export(self, graph: cf.Graph, x: str) -> str:
        return graph.add("Add", x, graph.constant(self.by))


def test_rounding_that_float32_has_anyway_is_allowed(tmp_path: Path) -> None:
    x = torch.linspace(-1, 1, 50).reshape(25, 2)
    off = export_model(Cancelling(4096.0), tmp_path / "m.onnx", x)
    assert 5e-5 < off < 5e-4
    with pytest.raises(cf.ExportError, match=r"off by 0\.001 of"):
        export_model(Cancelling(4096.0, by=2e-3), tmp_path / "m.onnx", x)
    with pytest.raises(cf.ExportError, match=r"and 0\.001 is allowed"):  # whatever is lost
        export_model(Cancelling(2.0**20), tmp_path / "m.onnx", x)


def test_the_runtime_is_imported_when_something_is_verified() -> None:
    code = "import coreframe_onnx.command, sys; print('onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


class TestRefusal:
    def test_of_a_population(self, tmp_path: Path) -> None:
        models = cf.assemble(["Linear(3, 2)"], seeds=[0, 1])
        with pytest.raises(cf.ArgumentError, match=r"here are 2: choose one with model.select"):
            export_model(models, tmp_path / "m.onnx", (3,))
        export_model(models.select(1), tmp_path / "m.onnx", (3,))

    def test_of_a_layer_without_an_export(self, tmp_path: Path) -> None:
        path = tmp_path / "m.onnx"
        path.write_text("before")
        model = cf.Sequential(cf.create("module", "Linear(2, 2)"), cf.Sequential(Twice()))
        with pytest.raises(cf.ExportError, match=r"^Twice\(\) at 1\.0 does not say its export"):
            export_model(model.initialize(seed=0), path, (2,))
        assert path.read_text() == "before"

    def test_of_a_loss_without_an_export(self, tmp_path: Path) -> None:
        class Odd(type(cf.create("loss", "CrossEntropy"))):  # type: ignore[misc]
            export_probabilities = cf.Loss.export_probabilities

        with pytest.raises(cf.ExportError, match=r"Odd\(\) does not say its export"):
            export_model(made("Linear(2, 2)"), tmp_path / "m.onnx", (2,), loss=Odd())

    def test_of_an_export_that_computes_something_else(self, tmp_path: Path) -> None:
        path = tmp_path / "m.onnx"
        path.write_text("before")
        with pytest.raises(cf.ExportError, match="gives another output than the model: off by 0"):
            export_model(Thrice(), path, (2,))
        assert path.read_text() == "before"
        assert [file.name for file in tmp_path.iterdir()] == ["m.onnx"]
        export_model(Thrice(), path, (2,), tolerance=1.0)

    def test_of_an_export_that_gives_nothing(self, tmp_path: Path) -> None:
        class Forgetful(Twice):
            def export(self, graph: cf.Graph, x: str) -> str:
                graph.add("Mul", x, graph.constant(2.0))
                return None  # type: ignore[return-value]  # as happens

        model = cf.Sequential(Forgetful())
        says = r"^Forgetful\(\) at 0: its export gives None, no value of a graph"
        with pytest.raises(cf.ExportError, match=says):
            export_model(model, tmp_path / "m.onnx", (2,))

    def test_of_inputs_that_the_model_does_not_take(self, tmp_path: Path) -> None:
        with pytest.raises(cf.ShapeError, match=r"Linear\(3, 2\) at 0"):
            export_model(made("Linear(3, 2)"), tmp_path / "m.onnx", (4,))
        with pytest.raises(cf.ArgumentError, match="verified on samples"):
            export_model(made("Linear(3, 2)"), tmp_path / "m.onnx")
        with pytest.raises(cf.ArgumentError, match="verified on samples"):
            export_model(made("Linear(3, 2)"), tmp_path / "m.onnx", torch.ones(0, 3))

    @pytest.mark.parametrize("place", [".", "no/such/m.onnx"])
    def test_of_a_place_that_cannot_be_written(self, tmp_path: Path, place: str) -> None:
        with pytest.raises(cf.ArgumentError, match="cannot be written: "):
            export_model(made("Linear(3, 2)"), tmp_path / place, (3,))
        assert not list(tmp_path.iterdir())


class TestGraph:
    @pytest.mark.parametrize(
        ("operator", "inputs", "says"),
        [
            ("Mul", ["x", "n"], "B has inconsistent type"),
            ("Mul", ["x"], "input size 1"),
            ("Mul", ["x", "y"], "'y' is no value of this graph"),
            ("Add", ["x", "w"], "Incompatible dimensions"),
            ("Multiply", ["x", "x"], "no such operator in opset 21"),
        ],
    )
    def test_an_operator_that_is_wrongly_used_is_told_with_the_layer(
        self, operator: str, inputs: list[str], says: str
    ) -> None:
        graph, model = OnnxGraph(), made("Tanh", "Tanh")
        values = {
            "x": graph.input("x", torch.float32, (3,)),
            "n": graph.integers(3),
            "w": graph.constant(torch.ones(4)),
        }
        with (
            pytest.raises(cf.ExportError, match=says) as caught,
            graph.inside(model.children()["1"]),
        ):
            graph.add(operator, *(values.get(name, name) for name in inputs))
        assert str(caught.value).startswith(f"Tanh() at 1: {operator}(float (batch, 3)")

    def test_numbers_are_held_in_a_type_of_their_kind(self) -> None:
        graph = OnnxGraph()
        x = graph.input("x", torch.float64, ())
        for value in (2, 2.5, [1, 2], torch.ones(2, dtype=torch.float64), torch.ones(1).half()):
            graph.add("Mul", x, graph.constant(value))
        index = graph.constant(torch.ones(1, dtype=torch.int32))
        graph.add("Gather", graph.integers(5, 6), index)
        with pytest.raises(cf.ExportError, match="int64"):
            graph.add("Mul", x, index)
        graph.add("Where", graph.constant(torch.tensor(data=True)), x, x)
        graph.add("And", graph.add("Cast", x, to=torch.bool), graph.constant(torch.tensor([True])))

    def test_features_are_what_stands_behind_the_batch(self) -> None:
        graph = OnnxGraph()
        x = graph.input("x", torch.float32, (2, 3))
        assert graph.features(x) == (2, 3)
        assert graph.features(graph.add("Flatten", x, axis=1)) == (6,)
        assert graph.features(graph.add("Transpose", x, perm=[0, 2, 1])) == (3, 2)
        with pytest.raises(cf.ExportError, match="is not known before it is computed"):
            graph.features(graph.add("NonZero", x))
        with pytest.raises(cf.ExportError, match="'z' is no value of this graph"):
            graph.features("z")

    def test_several_outputs_are_given_in_their_order(self) -> None:
        graph = OnnxGraph()
        x = graph.input("x", torch.float32, (6,))
        parts = graph.add_several(3, "Split", x, graph.integers(1, 2, 3), axis=-1)
        assert [graph.features(part) for part in parts] == [(1,), (2,), (3,)]
