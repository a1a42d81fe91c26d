"""debug: what a layer does wrong is named at once, and sound models are left in peace."""

from __future__ import annotations

import copy
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coreframe_faults as faults
import coreframe_offenders as offenders
import pytest
import torch
from coreframe_statistics import MeanOfSquares
from coreframe_toys import Affine, Descent, Points, Square
from torch import Tensor

import coreframe as cf

METHODS = ("forward", "backward", "backward_parameters")


def run(model: cf.Module, *inputs: Tensor) -> None:
    outputs = model.forward(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    model.backward(*(torch.ones_like(output) for output in outputs))


FAULTS: list[tuple[Callable[[], cf.Module], str]] = [
    (
        offenders.NaNForward,
        (
            "NaNForward() at 1: forward gave NaN at y[2, 3, 2] (2 of 48 numbers), "
            "its inputs were finite"
        ),
    ),
    (
        offenders.ReplicasLast,
        "ReplicasLast() at 1: forward gave y of shape (4, 4, 3), which must begin with (3, 4)",
    ),
    (
        offenders.MeanOverBatch,
        "MeanOverBatch() at 1: forward gave y of shape (3, 4), which must begin with (3, 5)",
    ),
    (
        offenders.ToDouble,
        (
            "ToDouble() at 1: forward gave y of dtype torch.float64, "
            "but its inputs and parameters have torch.float32"
        ),
    ),
    (
        offenders.OnMeta,
        "OnMeta() at 1: forward gave y of device meta, but its inputs and parameters have cpu",
    ),
    (
        offenders.DoubleGradient,
        (
            "DoubleGradient() at 1: backward gave dx of dtype torch.float64, "
            "but x has dtype torch.float32"
        ),
    ),
    (offenders.MetaGradient, "MetaGradient() at 1: backward gave dx of device meta"),
    (offenders.Number, "Number() at 1: backward gave float, not a tensor"),
    (offenders.TwoGradients, "TwoGradients() at 1: backward gave 2 dx for 1 x"),
    (
        faults.WrongShape,
        "WrongShape() at 1: backward gave dx of shape (5, 4), but x has shape (3, 5, 4)",
    ),
    (
        offenders.MinusInfinity,
        (
            "MinusInfinity() at 1: backward gave -inf at dx[0, 0, 3] (15 of 60 numbers), "
            "its dy was finite"
        ),
    ),
    (
        lambda: offenders.InfiniteParameterGradient(4, 2),
        (
            "InfiniteParameterGradient(4, 2) at 1: backward gave inf at the gradient of bias[0, 1] "
            "(3 of 6 numbers), its dy was finite"
        ),
    ),
    (
        faults.ChangesInput,
        "ChangesInput() at 1: forward changed x[0, 0, 0], which is not its own to change",
    ),
    (
        faults.ChangesGradient,
        "ChangesGradient() at 1: backward changed dy[0, 0, 0], which is not its own to change",
    ),
    (
        faults.ChangesSaved,
        "ChangesSaved() at 1: backward changed tensor 0[0, 0, 0] of what forward saved",
    ),
    (
        faults.ChangesOutput,
        "ChangesOutput() at 1: backward changed tensor 0[0, 0, 0] of what forward saved",
    ),
    (
        lambda: offenders.DecaysInForward(4, 2),
        "DecaysInForward(4, 2) at 1: forward changed weight[0, 0, 0], which is not its own",
    ),
    (
        lambda: offenders.StepsInBackward(4, 2),
        "StepsInBackward(4, 2) at 1: backward changed bias[0, 0], which is not its own",
    ),
    (
        lambda: offenders.InPlaceResidual(offenders.KeepsOutput()),
        (
            "KeepsOutput() at 1.body: forward saved tensor 0[0, 0, 0], "
            "which was changed before backward"
        ),
    ),
    (
        lambda: offenders.CutsGradient(Square()),
        "Square() at 1.body: backward got dy of shape (3, 5, 1), but y has shape (3, 5, 4)",
    ),
]


@pytest.mark.parametrize("inference", [False, True])
@pytest.mark.parametrize(
    ("make", "message"), FAULTS, ids=[text.partition(":")[0] for _, text in FAULTS]
)
def test_the_first_offence_names_layer_and_fault(
    make: Callable[[], cf.Module], message: str, inference: bool
) -> None:
    model = cf.Sequential(Affine(2, 4), make()).initialize(seeds=[1, 2, 3])
    x = torch.randn(3, 4 if make in (offenders.NaNForward, offenders.ReplicasLast) else 5, 2)
    with (
        torch.inference_mode(inference),
        cf.debug(model),
        pytest.raises(cf.ContractError) as caught,
    ):
        run(model, x)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_backward_out_of_order_or_without_forward_is_the_protocol_error_of_the_layer() -> None:
    model = offenders.WrongOrder(Affine(2, 2), Square()).initialize(seed=0)
    with cf.debug(model):
        with pytest.raises(cf.ProtocolError, match=r"backward of Affine\(2, 2\) at 0 came out of"):
            run(model, torch.randn(3, 2))
        model.forget()
        with pytest.raises(cf.ProtocolError, match=r"Affine\(2, 2\) at 0 came without a forward"):
            model.backward(torch.ones(4, 2))


def test_a_layer_is_named_rather_than_the_container_that_holds_it() -> None:
    model = cf.Sequential(cf.Sequential(offenders.KeepsOutput())).initialize(seed=0)
    with cf.debug(model):
        y = model.forward(torch.randn(3, 2))
        y.add_(1.0)
        with pytest.raises(cf.ContractError, match=r"^KeepsOutput\(\) at 0\.0: forward saved"):
            model.backward(torch.ones(3, 2))


def test_gradients_of_several_inputs_are_paired_with_them() -> None:
    inputs = torch.randn(3, 2), torch.randn(3, 4)
    model = offenders.Swap().initialize(seed=0)
    with cf.debug(model):
        run(model, *inputs)
        model.forward(*inputs)
        with pytest.raises(cf.ContractError, match="backward got 1 dy for 2 y"):
            model.backward(torch.ones(3, 4))
    model = offenders.SwapsWrongly().initialize(seed=0)
    message = r"gave dx0 of shape \(3, 4\), but x0 has shape \(3, 2\)"
    with cf.debug(model), pytest.raises(cf.ContractError, match=message):
        run(model, *inputs)


def test_an_input_by_name_has_no_place_among_the_gradients() -> None:
    gate = offenders.Gate().initialize(seed=0)
    x, mask = torch.randn(3, 2), torch.ones(3, 2)
    with cf.debug(gate):
        y = gate.forward(x, mask=mask)
        gate.backward(torch.ones_like(y))
        y = gate.forward(x, mask)
        gate.backward(torch.ones_like(y))
        gate.forward(x, None)
        gate.backward(torch.ones_like(y))
    double = offenders.DoubleGate().initialize(seed=0)
    with cf.debug(double):
        double.forward(x, mask=mask)
        with pytest.raises(cf.ContractError, match=r"dx0 of dtype torch\.float64, but its inputs"):
            double.backward(torch.ones_like(y))


def test_a_gradient_by_name() -> None:
    layer = offenders.NamedGradient().initialize(seed=0)
    with cf.debug(layer):
        layer.forward(torch.randn(3, 2))
        layer.backward(dy=torch.ones(3, 2))


def test_a_layer_that_changes_the_dtype_gives_each_gradient_in_that_of_its_input() -> None:
    model = offenders.Narrow(2).initialize(seed=0)
    with cf.debug(model):
        run(model, torch.randn(3, 2, dtype=torch.float64))


def test_what_is_not_finite_before_is_not_the_fault_of_the_layer() -> None:
    model = cf.Sequential(Affine(2, 2), Square()).initialize(seed=0)
    with cf.debug(model):
        run(model, torch.tensor([[torch.nan, 1.0], [torch.inf, 1.0]]))
        assert not all(bool(parameter.grad.isfinite().all()) for parameter in model.param())
        run(model, torch.ones(3, 2))  # adds to gradients that are not finite yet
    loss = MeanOfSquares()
    with cf.debug(model, loss):
        loss.compute_loss(torch.full((3, 2), torch.nan), torch.zeros(3, 2))
        loss.backward()


def test_a_parameter_that_is_not_finite_is_named() -> None:
    model = cf.Sequential(Affine(2, 2), Square()).initialize(seed=0)
    next(model.layers[0].named_parameters())[1].value[0, 0] = torch.inf
    message = r"Affine\(2, 2\) at 0: forward .* finite, but its parameter weight was not"
    with cf.debug(model), pytest.raises(cf.ContractError, match=message):
        run(model, torch.ones(3, 2))


# ---- losses ----


LOSS_FAULTS = [
    (
        offenders.DoubleValue,
        "DoubleValue(): backward gave dpred of dtype torch.float64, but pred has",
    ),
    (
        offenders.OneGradient,
        "OneGradient(): backward gave dpred of shape (16, 2), but pred has shape (2, ",
    ),
    (offenders.NoGradient, "NoGradient(): backward gave NoneType, not the gradient of pred"),
    (
        offenders.LogOfZero,
        "LogOfZero(): compute_loss gave -inf at loss[0] (2 of 2 numbers), what it was",
    ),
    (offenders.DividesByZero, "DividesByZero(): backward gave "),
    (
        offenders.NormalizesTarget,
        "NormalizesTarget(): compute_loss changed actual[0, 0, 0], which is not",
    ),
    (faults.OneNumber, "OneNumber(): compute_loss gave (), not one number per replica, (2,)"),
]


@pytest.mark.parametrize(("kind", "message"), LOSS_FAULTS, ids=[m[:12] for _, m in LOSS_FAULTS])
def test_a_faulty_loss_is_named(kind: type[cf.Loss], message: str) -> None:
    model, loss = cf.assemble(["Affine(2, 2)"], seeds=[1, 2]), kind()
    before = dict(vars(loss))
    with pytest.raises(cf.ContractError) as caught:
        cf.train_model(model, Points(), loss, Descent(model, 0.01), epochs=1, debug=True)
    assert str(caught.value).startswith(message)
    assert vars(loss).keys() - {"replicas", "_saved"} == before.keys() - {"replicas", "_saved"}


def test_a_loss_by_keyword_and_its_copy() -> None:
    model = cf.assemble(["Affine(2, 2)"], seeds=[1, 2])
    loss = MeanOfSquares()
    with cf.debug(model, loss):
        assert cf.evaluate(model, Points().train, loss).loss.shape == (2,)  # replicas of a copy
        assert loss.replicas == ()
        loss.replicas = (2,)
        pred = torch.randn(2, 3, 2)
        loss.compute_loss(pred=pred, actual=torch.zeros(2, 3, 2), weight=torch.ones(2, 3))
        assert loss.backward().shape == pred.shape


# ---- sound models ----

SOUND = ["Affine(2, 5)", "Noise", "Square", "RunningMean(5)", "Sequential(Affine(5, 2))"]


def train(watched: bool, data: cf.Dataset, dtype: torch.dtype, **seeds: Any) -> dict[str, Tensor]:
    model = cf.assemble(SOUND, dtype=dtype, **seeds)
    loss, optimizer = MeanOfSquares(), Descent(model, 0.005, momentum=0.5)

    def go() -> cf.History:
        return cf.train_model(model, data, loss, optimizer, epochs=2, log=True)

    if watched:
        with cf.debug(model, loss), cf.debug(model):
            history = go()
    else:
        history = go()
    return {"loss": history.loss, **model.state(), **optimizer.state()}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", ["lone", "population", "unequal folds"])
def test_a_sound_model_trains_under_watch_bit_for_bit_as_without(
    kind: str, dtype: torch.dtype
) -> None:
    data: cf.Dataset = Points(101)
    seeds: dict[str, Any] = {"seed": 4} if kind == "lone" else {"seeds": [4, 5, 6]}
    if kind == "unequal folds":
        data = cf.Folds(data, 3)
        lengths = data.train.lengths
        assert lengths is not None
        assert len(set(lengths)) > 1
    got, wanted = (train(watched, data, dtype, **seeds) for watched in (True, False))
    assert got.keys() == wanted.keys()
    assert all(torch.equal(got[name], value) for name, value in wanted.items())


@pytest.mark.parametrize("seeds", [{"seed": 0}, {"seeds": [0, 1, 2]}])
@pytest.mark.parametrize("inference", [False, True])
@pytest.mark.parametrize("batch", [0, 1, 3])
def test_no_false_alarm(seeds: dict[str, Any], inference: bool, batch: int) -> None:
    shared = Square()
    model = cf.Sequential(
        offenders.Table(7, 3), shared, Affine(3, 3), shared, cf.Sequential()
    ).initialize(**seeds)
    x = torch.randint(7, (*model.replicas, batch))
    with torch.inference_mode(inference), cf.debug(model):
        run(model, x)
        model.forward(x)  # stays without its backward, and is forgotten
        model.forget()
        dy = torch.ones_like(model.forward(x))
        model.backward_parameters(dy)
        model.forward(x)
        model.forward(x)
        model.backward(dy)
        model.backward(dy)
        model.eval()
        model.forward(x)
        with pytest.raises(cf.ProtocolError):
            model.backward(dy)
        model.train().to(torch.float64)
        run(model, x)
        if model.replicas:
            run(model.select([2, 0]), x[:2])


def test_values_that_are_drawn_at_first_use_are_those_without_a_watch() -> None:
    def draw(watched: bool) -> Tensor:
        torch.manual_seed(0)
        layer = offenders.BiasFirst(2, 3)
        if watched:
            with cf.debug(layer):
                run(layer, torch.ones(4, 2))
        return layer.forward(torch.ones(4, 2))

    assert torch.equal(draw(watched=True), draw(watched=False))


# ---- on and off ----


def attributes(model: cf.Module) -> list[dict[str, Any]]:
    return [dict(vars(module)) for _, module in model.named_modules()]


def test_nothing_is_left_behind() -> None:
    model = cf.Sequential(Affine(2, 4), Square()).initialize(seed=0)
    loss = MeanOfSquares()
    before, of_loss = attributes(model), dict(vars(loss))
    with cf.debug(model, loss):
        assert METHODS[0] in vars(model)
        outer = vars(model)[METHODS[0]]
        with cf.debug(model, loss):
            run(model, torch.randn(3, 2))
            assert vars(model)[METHODS[0]] is outer  # checked once
        assert METHODS[0] in vars(model.layers[1])
    assert attributes(model) == before
    with pytest.raises(KeyboardInterrupt), cf.debug(model, loss):
        raise KeyboardInterrupt
    assert attributes(model) == before
    assert vars(loss) == of_loss
    for _, module in model.named_modules():
        assert not {*METHODS, "__getstate__"} & vars(module).keys()
        for name in METHODS:
            assert getattr(module, name).__func__ is getattr(type(module), name)


def test_what_an_earlier_step_saved_is_not_kept() -> None:
    model = Square().initialize(seed=0)
    x = torch.randn(3, 2)
    alive = weakref.ref(x)
    with cf.debug(model):
        model.forward(x)
        del x
        model.forget()
        model.forward(torch.randn(3, 2))
        assert alive() is None


def test_a_method_of_the_object_itself_is_put_back() -> None:
    model = Square().initialize(seed=0)
    forward = model.forward
    vars(model)["forward"] = forward
    with cf.debug(model):
        run(model, torch.randn(3, 2))
        assert model.forward is not forward
    assert vars(model)["forward"] is forward


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],  # noqa: S301  # our own
)
def test_a_copy_made_meanwhile_is_not_watched(
    duplicate: Callable[[cf.Module], cf.Module],
) -> None:
    model = cf.Sequential(Affine(2, 4), faults.ChangesInput()).initialize(seed=0)
    x = torch.randn(3, 2)
    with cf.debug(model):
        made = duplicate(model)
        run(made, x)
        with pytest.raises(cf.ContractError):
            run(model, x)
        assert [set(one) for one in attributes(made)] == [
            set(one) for one in attributes(duplicate(made))
        ]
    for one in attributes(made):
        assert not {*METHODS, "__getstate__"} & one.keys()
    run(duplicate(model), x)


def test_a_checkpoint_can_be_saved_meanwhile_and_after(tmp_path: Path) -> None:
    model = cf.assemble(SOUND, seeds=[1, 2])
    with cf.debug(model):
        cf.save_checkpoint(tmp_path / "meanwhile", model)
    cf.save_checkpoint(tmp_path / "after", model)
    for name in ("meanwhile", "after"):
        loaded = cf.load_checkpoint(tmp_path / name).model
        assert all(torch.equal(loaded.state()[key], value) for key, value in model.state().items())


def test_what_cannot_be_watched_is_refused() -> None:
    model = Square().initialize(seed=0)
    with pytest.raises(cf.ArgumentError, match="model must be"), cf.debug("Square"):  # type: ignore[arg-type]
        pass
    with pytest.raises(cf.ArgumentError, match="loss must be"), cf.debug(model, model):  # type: ignore[arg-type]
        pass
    assert not {*METHODS} & vars(model).keys()
