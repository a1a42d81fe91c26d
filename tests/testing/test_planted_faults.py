"""Each check finds the fault it names, and none in sound components."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from coreframe_faults import (
    Attribute,
    BatchOfReplicas,
    ChangesGradient,
    ChangesInput,
    ChangesOutput,
    ChangesSaved,
    LeavesSaved,
    LeavesTensor,
    Loud,
    MixesReplicas,
    MixesWhereSizesCoincide,
    NoInputGradient,
    NotFinite,
    OneNumber,
    OtherParameterGradient,
    Overwrites,
    RaisesIndexError,
    SavesAlways,
    SharesDraws,
    SmallBiasError,
    WrongFactor,
    WrongShape,
)
from coreframe_toys import Affine, Square, SumOfSquares
from torch import Tensor

import coreframe as cf
from coreframe import CheckFailed, Module, Sequential
from coreframe.testing import (
    check_accumulation,
    check_arguments_unchanged,
    check_backward_needs_forward,
    check_evaluation_keeps_nothing,
    check_gradients,
    check_last_in_first_out,
    check_loss_gradients,
    check_loss_population,
    check_parameter_gradients,
    check_population,
    check_protocol,
    check_state,
)

Check = Callable[[Module, Tensor], object]


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


FAULTS: list[tuple[Check, Module, str]] = [
    (check_gradients, WrongFactor(), r"gradient of x\[\d, \d\] is .*, central differences give"),
    (check_gradients, NoInputGradient(), r"gradient of x\[\d, \d\] is 0, central"),
    (check_gradients, WrongShape(), r"gradient of x has shape \(2,\), the input has \(3, 2\)"),
    (check_gradients, NotFinite(), r"gradient of x\[0, 0\] is not finite"),
    (check_gradients, SmallBiasError(2, 3), r"gradient of bias\[2\]"),
    (check_gradients, Sequential(Square(), SmallBiasError(2, 3)), r"gradient of 1\.bias\[2\]"),
    (check_accumulation, Overwrites(2, 3), r"weight\[\d, \d\] is .*: backward must add"),
    (check_backward_needs_forward, Attribute(), "a second time, without a forward, raised nothing"),
    (check_backward_needs_forward, RaisesIndexError(), "raised IndexError"),
    (check_last_in_first_out, Attribute(), r"x\[\d, \d\] is .*two forwards, then two backwards"),
    (check_arguments_unchanged, ChangesInput(), r"x\[\d, \d\] .*forward must not change it"),
    (check_arguments_unchanged, ChangesGradient(), r"dy\[\d, \d\] .*backward must not"),
    (check_arguments_unchanged, ChangesSaved(), r"saved \(entry 0, tensor 0\)\[.*backward must"),
    (check_arguments_unchanged, ChangesOutput(), r"y\[\d, \d\] .*backward must not change"),
    (check_evaluation_keeps_nothing, SavesAlways(), "saved something in evaluation mode"),
    (check_evaluation_keeps_nothing, LeavesTensor(), "left a tensor in last in evaluation"),
    (check_parameter_gradients, OtherParameterGradient(2, 3), r"bias\[\d\] is 0, not"),
    (check_parameter_gradients, LeavesSaved(2, 3), "left something saved"),
]


@pytest.mark.parametrize(
    ("check", "module", "message"), FAULTS, ids=[type(m).__name__ for _, m, _ in FAULTS]
)
def test_check_finds_fault(check: Check, module: Module, message: str) -> None:
    with pytest.raises(CheckFailed, match=rf"{message}.* \(seed 0\)$"):
        check(module, normal(3, 2))


@pytest.mark.parametrize(
    "module",
    [Overwrites(2, 3), Attribute(), ChangesInput(), SavesAlways(), LeavesSaved(2, 3)],
    ids=lambda module: type(module).__name__,
)
def test_check_protocol_runs_every_check(module: Module) -> None:
    with pytest.raises(CheckFailed):
        check_protocol(module, normal(3, 2))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    "module", [Affine(2, 3), Square(), Sequential(Affine(2, 20), Square(), Affine(20, 2))]
)
def test_sound_modules_pass(module: Module, seed: int) -> None:
    check_gradients(module, normal(3, 2, seed=seed), seed=seed)
    check_protocol(module, normal(3, 2, seed=seed), seed=seed)
    check_population(module, normal(4, 3, 2, seed=seed), seed=seed)
    check_state(module, normal(3, 2, seed=seed), seed=seed)


def test_large_tensor_is_tried_along_directions() -> None:
    check_gradients(Affine(40, 30), normal(3, 40))
    with pytest.raises(CheckFailed, match=r"x along random direction \d+ is"):
        check_gradients(WrongFactor(), normal(3, 400))


def test_check_leaves_the_module_as_it_was() -> None:
    model = cf.Sequential(Affine(2, 3), Square()).initialize(seeds=[1, 2])
    model.eval()
    before, random, storage = model.state(), model.random.state(), model.storage
    check_gradients(model, normal(2, 3, 2))
    check_protocol(model, normal(2, 3, 2))
    assert model.storage is storage
    assert not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state().items())
    assert all(torch.equal(value, random[name]) for name, value in model.random.state().items())


def test_population_finds_mixed_replicas() -> None:
    with pytest.raises(CheckFailed, match=r"y\[.* and replica 0 of 2 must too \(seed 0\)"):
        check_population(MixesReplicas(), normal(4, 3, 2))


def test_population_finds_shared_draws() -> None:
    with pytest.raises(CheckFailed, match=r"weight\[.* and replica 1 of 2 must too \(seed 1\)"):
        check_population(SharesDraws(2, 3), normal(4, 3, 2))


def test_population_tries_coinciding_sizes() -> None:
    check_gradients(MixesWhereSizesCoincide(), normal(3, 2))
    with pytest.raises(CheckFailed, match="and replica 0 of 2 must too"):
        check_population(MixesWhereSizesCoincide(), normal(4, 3, 2))


def test_loss_checks() -> None:
    pred, actual = normal(4, 3, 2), normal(4, 3, 2, seed=1)
    check_loss_gradients(SumOfSquares(), pred[0], actual[0])
    check_loss_population(SumOfSquares(), pred, actual)
    with pytest.raises(CheckFailed, match=r"gradient of pred\[\d, \d\]"):
        check_loss_gradients(Loud(), pred[0], actual[0])
    whole = OneNumber()
    whole.replicas = (4,)
    with pytest.raises(CheckFailed, match="not one number per replica"):
        check_loss_gradients(whole, pred, actual)
    check_loss_gradients(BatchOfReplicas(), pred[0], actual[0])
    with pytest.raises(CheckFailed, match="replica 0: the loss"):
        check_loss_population(BatchOfReplicas(), pred, actual)
