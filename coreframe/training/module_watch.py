"""ModuleWatch: calls of one module's forward and backward, checked against its contract."""

from __future__ import annotations

from typing import Any, NoReturn, TypeAlias

from torch import Tensor

from coreframe.errors import ContractError
from coreframe.interfaces.module import Module
from coreframe.training.forward_record import ForwardRecord, ForwardRecords
from coreframe.training.snapshot import Form, Snapshot, find_not_finite, is_finite, tensors_in
from coreframe.training.wrapped_methods import Method

__all__ = ["ModuleWatch"]

Named: TypeAlias = list[tuple[str, Tensor]]


class ModuleWatch:
    """Each method stands in for the module's own, which it gets with the arguments."""

    def __init__(self, module: Module, records: ForwardRecords) -> None:
        self._module, self._records = module, records

    def forward(self, own: Method, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        depth = len(self._module.context.saved)
        self._records.drop_above(depth)
        given = [*tensors_in("x", inputs), *tensors_in("", named)]
        finite = is_finite(given)
        before = Snapshot(given + self._values())
        output = own(*inputs, **named)
        outputs = list(tensors_in("y", output))
        self._expect_unchanged("forward", before)
        self._expect_leading_axes(given, outputs)
        self._expect_known("forward", given + self._values(), outputs)
        if finite:
            self._expect_finite("forward", outputs, "inputs were")
        # By name, an input has no place among the gradients.
        places = None if named else inputs
        self._records.add(self._module, depth, places, output, finite)
        return output

    def backward(self, own: Method, dy: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return self._undo("backward", own, dy, named)

    def backward_parameters(self, own: Method, dy: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return self._undo("backward_parameters", own, dy, named)

    def _undo(self, call: str, own: Method, dy: tuple[Any, ...], named: dict[str, Any]) -> Any:
        given = [*tensors_in("dy", dy), *tensors_in("", named)]
        record = self._records.due(self._module)
        if record is not None:
            if not named:
                self._expect_pairs(call, "got", ("dy", "y"), dy, record.outputs)
            if changed := record.saved.find_change():
                self._fail("forward", f"saved {changed}, which was changed before backward")
        values, gradients = self._values(), self._gradients()
        finite = is_finite(given + gradients) and (record is None or record.finite)
        before = Snapshot(given + values)
        result = own(*dy, **named)
        self._expect_unchanged(call, before)
        if record is not None and (changed := record.saved.find_change()):
            self._fail(call, f"changed {changed} of what forward saved")
        if call == "backward":
            self._expect_gradients(given + values, result, record)
        if finite:
            outputs = list(tensors_in("dx", result)) if call == "backward" else []
            self._expect_finite(call, outputs + self._gradients(), "dy was")
        return result

    def _values(self) -> Named:
        # One that is not bound yet would be drawn by looking at it, earlier than without a watch.
        parameters = self._module.named_parameters()
        return [(name, p.value) for name, p in parameters if p.is_bound]

    def _gradients(self) -> Named:
        parameters = self._module.named_parameters()
        return [(f"the gradient of {name}", p.grad) for name, p in parameters if p.is_bound]

    def _expect_unchanged(self, call: str, before: Snapshot) -> None:
        if changed := before.find_change():
            self._fail(call, f"changed {changed}, which is not its own to change")

    def _expect_leading_axes(self, given: Named, outputs: Named) -> None:
        """Outputs are `(*replicas, batch, *features)` where all inputs are."""
        replicas = self._module.replicas
        axes = len(replicas)
        leading = {tuple(tensor.shape[: axes + 1]) for _, tensor in given}
        if not leading or any(len(a) <= axes or a[:axes] != replicas for a in leading):
            return
        # Of several outputs, one may be a number per replica rather than per sample.
        axes += len(leading) == 1 and len(outputs) == 1
        wanted = next(iter(leading))[:axes]
        for name, tensor in outputs:
            if tuple(tensor.shape[:axes]) != wanted:
                self._fail(
                    "forward",
                    f"gave {name} of shape {tuple(tensor.shape)}, which must begin with "
                    f"{wanted} as its inputs do: (*replicas, batch, *features)",
                )

    def _expect_known(self, call: str, known: Named, outputs: Named) -> None:
        """Outputs have the dtype and the device of an input or of a parameter."""
        dtypes = {tensor.dtype for _, tensor in known if tensor.is_floating_point()}
        devices = {tensor.device for _, tensor in known}
        for name, tensor in outputs:
            for quality, got, among in (
                ("dtype", tensor.dtype, dtypes if tensor.is_floating_point() else ()),
                ("device", tensor.device, devices),
            ):
                if among and got not in among:
                    listed = " or ".join(sorted(str(one) for one in among))
                    self._fail(
                        call,
                        f"gave {name} of {quality} {got}, "
                        f"but its inputs and parameters have {listed}",
                    )

    def _expect_gradients(self, known: Named, result: Any, record: ForwardRecord | None) -> None:
        """One gradient per input, in its form."""
        if result is not None and not isinstance(result, Tensor | tuple | list):
            self._fail("backward", f"gave {type(result).__name__}, not a tensor or a tuple of them")
        if record is None or record.inputs is None:
            self._expect_known("backward", known, list(tensors_in("dx", result)))
        elif result is not None:
            gradients = (result,) if isinstance(result, Tensor) else tuple(result)
            self._expect_pairs("backward", "gave", ("dx", "x"), gradients, record.inputs)

    def _expect_pairs(
        self,
        call: str,
        verb: str,
        names: tuple[str, str],
        gradients: tuple[Any, ...],
        forms: list[Form] | None,
    ) -> None:
        if forms is None:
            return
        name, owner = names
        if len(gradients) != len(forms):
            self._fail(call, f"{verb} {len(gradients)} {name} for {len(forms)} {owner}")
        for number, (gradient, form) in enumerate(zip(gradients, forms, strict=True)):
            # An index has no gradient, so whatever a layer gives in its place is not looked at.
            if isinstance(gradient, Tensor) and form.dtype.is_floating_point:
                which = str(number) if len(forms) > 1 else ""
                difference = form.difference(gradient, f"{owner}{which}")
                if difference:
                    self._fail(call, f"{verb} {name}{which} {difference}")

    def _expect_finite(self, call: str, outputs: Named, sources: str) -> None:
        found = find_not_finite(outputs)
        if found:
            parameter = next((n for n, value in self._values() if not is_finite([(n, value)])), "")
            but = f", but its parameter {parameter} was not" if parameter else ""
            self._fail(call, f"gave {found}, its {sources} finite{but}")

    def _fail(self, call: str, fault: str) -> NoReturn:
        raise ContractError(f"{self._module.described}: {call} {fault}")
