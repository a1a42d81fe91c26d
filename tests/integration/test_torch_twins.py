"""Values go to and from the same layers of torch.nn, and both sides compute the same then."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import coreframe as cf
from coreframe.interfaces.tree import attributes_of

F64 = torch.float64


def output(twin: nn.Module, x: Tensor) -> Tensor:
    """What a torch model makes of x; of several results, the first."""
    y = twin(x)
    first: Tensor = y[0] if isinstance(y, tuple) else y
    return first


def attended(twin: nn.Module, x: Tensor) -> Tensor:
    y: Tensor = twin(x, x, x, need_weights=False)[0]
    return y


def attended_causally(twin: nn.Module, x: Tensor) -> Tensor:
    later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    y: Tensor = twin(x, x, x, attn_mask=later, need_weights=False)[0]
    return y


@dataclass(frozen=True)
class Twin:
    """A spec, the same of torch.nn, and the features of an input; rows of a table, if integers."""

    spec: str
    make: Callable[[], nn.Module]
    features: tuple[int, ...]
    indices: int = 0
    output: Callable[[nn.Module, Tensor], Tensor] = output

    @property
    def name(self) -> str:
        return self.spec.partition("(")[0]

    def input(self, seed: int, batch: tuple[int, ...] = (6,)) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        shape = (*batch, *self.features)
        if self.indices:
            return torch.randint(self.indices, shape, generator=generator)
        return torch.randn(shape, generator=generator, dtype=F64)


TWINS = [
    Twin("Linear(4, 3)", lambda: nn.Linear(4, 3), (4,)),
    Twin("Linear(4, 3)", lambda: nn.Linear(4, 3), (5, 4)),
    Twin(
        "Conv1d(4, 6, 3, stride=2, padding=1, groups=2)",
        lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2),
        (4, 9),
    ),
    Twin("Conv2d(2, 3, 3, bias=False)", lambda: nn.Conv2d(2, 3, 3, bias=False), (2, 6, 5)),
    Twin(
        "Conv2d(4, 6, [3, 2], dilation=2, groups=2)",
        lambda: nn.Conv2d(4, 6, (3, 2), dilation=2, groups=2),
        (4, 7, 6),
    ),
    Twin(
        "ConvTranspose2d(4, 6, [3, 2], stride=2, output_padding=1, groups=2)",
        lambda: nn.ConvTranspose2d(4, 6, (3, 2), stride=2, output_padding=1, groups=2),
        (4, 3, 4),
    ),
    Twin("BatchNorm(3)", lambda: nn.BatchNorm1d(3), (3,)),
    Twin("BatchNorm(3, momentum=0.3)", lambda: nn.BatchNorm2d(3, momentum=0.3), (3, 4, 2)),
    Twin("LayerNorm([3, 4])", lambda: nn.LayerNorm([3, 4]), (3, 4)),
    Twin("RMSNorm(4)", lambda: nn.RMSNorm(4, eps=1e-5), (4,)),
    Twin("GroupNorm(2, 6)", lambda: nn.GroupNorm(2, 6), (6, 3)),
    Twin("Embedding(7, 3)", lambda: nn.Embedding(7, 3), (4,), indices=7),
    Twin("Embedding(7, 3, padding=2)", lambda: nn.Embedding(7, 3, padding_idx=2), (4,), indices=7),
    Twin("RNN(3, 4)", lambda: nn.RNN(3, 4, batch_first=True), (5, 3)),
    Twin(
        "RNN(3, 4, nonlinearity='relu')",
        lambda: nn.RNN(3, 4, nonlinearity="relu", batch_first=True),
        (5, 3),
    ),
    Twin("LSTM(3, 4)", lambda: nn.LSTM(3, 4, batch_first=True), (5, 3)),
    Twin("GRU(3, 4)", lambda: nn.GRU(3, 4, batch_first=True), (5, 3)),
    Twin(
        "MultiHeadAttention(6, 3)",
        lambda: nn.MultiheadAttention(6, 3, batch_first=True),
        (4, 6),
        output=attended,
    ),
    Twin(
        "MultiHeadAttention(6, 2, causal=True)",
        lambda: nn.MultiheadAttention(6, 2, batch_first=True),
        (4, 6),
        output=attended_causally,
    ),
]
"""Each module of the repository's packages that holds values itself, beside torch's."""

WITHOUT_TWIN = {
    "BatchEnsemble": "torch.nn has no ensembles",
    "CategoricalEmbedding": "torch.nn embeds one column at a time",
    "PeriodicEmbedding": "torch.nn has no embeddings of numbers",
    "PiecewiseLinearEmbedding": "torch.nn has no embeddings of numbers",
    "Scale": "torch.nn has no gain alone",
    "Standardize": "torch.nn has no statistics that are fitted",
}
"""Those that torch.nn does not have, each with the reason; they keep their own names."""

each_twin = pytest.mark.parametrize("twin", TWINS, ids=lambda twin: f"{twin.spec}{twin.features}")


def scramble(values: list[Tensor], seed: int) -> None:
    """Numbers unlike the first ones, which hide much: biases of 0, weights of 1."""
    generator = torch.Generator().manual_seed(seed)
    for value in values:
        if value.is_floating_point():
            value.copy_(torch.rand(value.shape, generator=generator, dtype=F64) + 0.25)


def ours(twin: Twin, seed: int) -> cf.Module:
    module: cf.Module = cf.create("module", twin.spec).initialize(seed=seed, dtype=F64)
    state = module.state()
    scramble(list(state.values()), seed)
    return module.load_state(state)


def theirs(twin: Twin, seed: int) -> nn.Module:
    module = twin.make().double()
    with torch.no_grad():
        state = list(module.state_dict().values())
        scramble(state, seed)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            module.weight[module.padding_idx] = 0
    return module


def expect_equal(module: cf.Module, twin: Twin, other: nn.Module) -> None:
    x = twin.input(3)
    with torch.no_grad():
        expected = twin.output(other.eval(), x)
    torch.testing.assert_close(module.eval().forward(x), expected, rtol=1e-10, atol=1e-10)


@each_twin
def test_ours_to_theirs(twin: Twin) -> None:
    module, other = ours(twin, seed=1), theirs(twin, seed=2)
    state = module.torch_state()
    assert {n: v.dtype for n, v in state.items()} == {
        n: v.dtype for n, v in other.state_dict().items()
    }
    other.load_state_dict(state, strict=True)
    expect_equal(module, twin, other)


@each_twin
def test_theirs_to_ours(twin: Twin) -> None:
    module, other = ours(twin, seed=1), theirs(twin, seed=2)
    assert module.load_torch_state(other.state_dict()) is module
    expect_equal(module, twin, other)


@each_twin
def test_a_state_comes_back(twin: Twin) -> None:
    module, again = ours(twin, seed=1), ours(twin, seed=2)
    again.load_torch_state(module.torch_state())
    for name, value in module.state().items():
        found = again.state()[name]
        if "padding" in twin.spec and name == "weight":  # a row that is never looked up
            value[2] = found[2]
        assert torch.equal(found, value), name


@each_twin
def test_a_population_takes_a_state_for_each_replica_or_one_for_all(twin: Twin) -> None:
    others = [theirs(twin, seed=seed) for seed in (2, 3)]
    population = cf.create("module", twin.spec).initialize(seeds=[0, 1], dtype=F64)
    x = twin.input(4, (2, 6))
    with torch.no_grad():
        expected = [twin.output(other.eval(), x[r]) for r, other in enumerate(others)]
    population.load_torch_state([other.state_dict() for other in others]).eval()
    torch.testing.assert_close(population.forward(x), torch.stack(expected), rtol=1e-10, atol=1e-10)
    for replica in (0, 1, -1):
        back = theirs(twin, seed=5)
        back.load_state_dict(population.torch_state(replica))
        with torch.no_grad():
            found = twin.output(back.eval(), x[replica])
        torch.testing.assert_close(found, expected[replica], rtol=1e-10, atol=1e-10)
    population.load_torch_state(others[0].state_dict())
    y = population.forward(x[:1].expand_as(x))
    torch.testing.assert_close(y, torch.stack([expected[0]] * 2), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("twin", [t for t in TWINS if t.name == "BatchNorm"], ids=lambda t: t.spec)
def test_running_statistics_go_on_alike(twin: Twin) -> None:
    module, other = ours(twin, seed=1), theirs(twin, seed=2).train()
    module.load_torch_state(other.state_dict())
    for seed in range(3):
        x = twin.input(seed)
        torch.testing.assert_close(module.forward(x), other(x), rtol=1e-10, atol=1e-10)
    module.forget()
    for name, value in other.state_dict().items():
        if name != "num_batches_tracked":
            torch.testing.assert_close(module.torch_state()[name], value, rtol=1e-10, atol=1e-10)
    expect_equal(module, twin, other)


def test_gradients_of_a_training_are_alike() -> None:
    specs = [
        *("Conv2d(1, 4, 3, padding=1)", "BatchNorm(4)", "ReLU", "MaxPool2d(2)"),
        *("Flatten", "Linear(64, 16)", "Tanh", "Linear(16, 10)"),
    ]
    other = nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10)),
    ).double()
    with torch.no_grad():
        scramble(list(other[1].parameters()), seed=1)
    model = cf.assemble(specs, seed=0, dtype=F64).load_torch_state(other.state_dict())
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(12, 1, 8, 8, generator=generator, dtype=F64)
    actual = torch.randint(10, (12,), generator=generator)
    loss = cf.create("loss", "CrossEntropy")
    value = loss.compute_loss(model.forward(x), actual)
    model.backward(loss.backward())
    other_value = nn.functional.cross_entropy(other(x), actual)
    other_value.backward()  # type: ignore[no-untyped-call]  # torch's
    torch.testing.assert_close(value, other_value.detach(), rtol=1e-10, atol=1e-10)
    gradients = {name: parameter.grad for name, parameter in other.named_parameters()}
    assert [name for name, _ in model.named_parameters()] == list(gradients)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-10, atol=1e-10)


def holding() -> dict[str, list[cf.Module]]:
    """The examples of each module of the repository's packages that holds values itself."""
    found: dict[str, list[cf.Module]] = {}
    registry = cf.get_registry()
    for record in registry.components():
        if record.kind == "module" and record.distribution.startswith("coreframe"):
            modules = [example.component for example in registry.load(record).examples()]
            if any(
                [*attributes_of(m, cf.Parameter), *attributes_of(m, cf.Buffer)] for m in modules
            ):
                found[record.name] = modules
    return found


def test_every_module_that_holds_values_has_a_twin_or_a_reason() -> None:
    assert {twin.name for twin in TWINS}.isdisjoint(WITHOUT_TWIN)
    assert set(holding()) == {twin.name for twin in TWINS} | set(WITHOUT_TWIN)


def test_what_has_no_twin_keeps_its_names() -> None:
    examples: dict[str, list[Any]] = holding()
    for name in WITHOUT_TWIN:
        for module in examples[name]:
            state = module.state()
            assert state, name
            found = module.torch_state()
            assert found.keys() == state.keys(), name
            assert all(torch.equal(found[key], state[key]) for key in state), name
