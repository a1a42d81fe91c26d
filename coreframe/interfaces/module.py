"""Module: the interface of layers and of whole networks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeAlias

import torch
from torch import Tensor

from coreframe.errors import ExportError
from coreframe.interfaces import relocation
from coreframe.interfaces.component import Component
from coreframe.interfaces.context import ModelContext
from coreframe.interfaces.graph import Graph
from coreframe.interfaces.noise import Distribution, draw_noise
from coreframe.interfaces.padded_form import PaddedForm
from coreframe.interfaces.padding import Padding
from coreframe.interfaces.parameter import Buffer, Parameter
from coreframe.interfaces.replicas import Replicas, Selection, Setting, expand_setting
from coreframe.interfaces.storage import Storage
from coreframe.interfaces.streams import RandomStreams
from coreframe.interfaces.torch_state import TorchState, export_torch_state, import_torch_state
from coreframe.interfaces.tree import attributes_of, walk_attributes, walk_modules

__all__ = ["Module", "Shape"]

Shape: TypeAlias = tuple[int, ...]

SPEC_SHOWN = 200  # characters of a spec in a message


class Module(Component):
    """A layer or a network, with its own backward.

    A layer overrides `forward` and `backward`; everything else is recursive by default.
    Parameters, buffers and child modules are found among its attributes, also in lists.

    Shapes: tensors are `(*replicas, batch, *features)`; `self.replicas` says which leading axes
    are replicas, `()` or `(R,)`.
    """

    replicas: Replicas = ()
    """`()` for a lone model, `(R,)` for a population of R; set by whatever changes it."""

    training: bool = True
    """Whether forward keeps what backward needs; set by `train()` and `eval()`."""

    backward_is_gradient: ClassVar[bool] = True
    """False where backward is no gradient on purpose: straight-through, feedback alignment."""

    differs_in_evaluation: ClassVar[bool] = False
    """True where forward gives something else in evaluation than in training, as dropout does."""

    elementwise: ClassVar[bool] = False
    """True where each number of the output is worked out from the one in its place, and no other."""

    padded_form: ClassVar[PaddedForm | None] = None
    """How layers of this kind train as one population though their sizes differ; None if not."""

    torch_names: ClassVar[Mapping[str, str]] = {}
    """Of its parameters and buffers, those that its twin in torch.nn calls by another name."""

    path: str = ""
    """Its place in the model, for messages: `0`, `body.1`; empty for the whole model."""

    context: ModelContext
    _storage: Storage | None = None

    def constructed(self) -> None:
        contexts = [child.context for child in self.children().values()]
        self.adopt(ModelContext.joint(contexts))

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if not self.path and self.context.owner is None:  # a copied or unpickled model
            self.context.owner = self

    def __call__(self, *inputs: Any) -> Any:
        """As `forward`."""
        return self.forward(*inputs)

    # ---- what a layer writes ----

    @abstractmethod
    def forward(self, *inputs: Any) -> Any:
        """The output for these inputs; what backward needs is handed to `self.save(…)`."""

    @abstractmethod
    def backward(self, *gradwrtoutput: Any) -> Any:
        """Accumulate into each parameter's `grad` and return the gradient of each input.

        It takes back what forward saved with `self.saved()`, and changes neither that nor its
        argument. Several inputs give a tuple; None stands for an input without a gradient.
        """

    def backward_parameters(self, *gradwrtoutput: Any) -> None:
        """As `backward`, for a caller who has no use for the gradient of the inputs.

        A layer that can leave that gradient uncomputed overrides this.
        """
        self.backward(*gradwrtoutput)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:  # noqa: ARG002
        """The output's features for an input of these features; None where it is unknown.

        Of an unknown input, what is certain of the last axes of the output.

        Raises:
            ShapeError: if the layer cannot take such an input.
        """
        return None

    def to_torch(self, own: dict[str, Tensor]) -> dict[str, Tensor]:
        """What a lone layer of this kind holds itself, as its twin in torch.nn holds it.

        Other names alone are `torch_names`; a layer whose twin holds other tensors overrides this
        and `from_torch`, which take each other back. What is inside modules of its own is theirs.

        Args:
            own: values by the names of its attributes, without the replica axis.
        """
        return {self.torch_names.get(name, name): value for name, value in own.items()}

    def from_torch(self, twin: dict[str, Tensor]) -> dict[str, Tensor]:
        """The way back from `to_torch`, of tensors of the names and shapes that it gives.

        Raises:
            StateError: where the twin computes what this layer cannot; nothing is loaded then.
        """
        own_names = {theirs: name for name, theirs in self.torch_names.items()}
        return {own_names.get(name, name): value for name, value in twin.items()}

    def export(self, graph: Graph, *inputs: Any) -> Any:  # noqa: ARG002
        """Write into a graph what forward does in evaluation; gives its output there.

        A layer adds operators, and a container calls `export` of its parts, as forward does. The
        inputs are values of the graph, and so is the output, several being a tuple.

        Raises:
            ExportError: if the layer does not say its export, or cannot be expressed.
        """
        raise ExportError(
            f"{self.described} does not say its export: add a method `export(self, graph, x)` to "
            f"{type(self).__qualname__} that writes its forward with graph.add"
        )

    # ---- what a layer uses ----

    @property
    def random(self) -> RandomStreams:
        """The model's random streams."""
        return self.context.random

    def noise(self, like: Tensor, distribution: Distribution = "uniform") -> Tensor:
        """Random numbers for each sample, in the shape `(*replicas, batch, *features)` of `like`.

        Uniform in [0, 1) or unit normal, from each replica's noise stream. A tensor of fewer
        features draws fewer: `like[..., :1]` for one number per sample.
        """
        return draw_noise(self.context, like, distribution)

    @property
    def padding(self) -> Padding | None:
        """Which samples of the current batch statistics over it must leave out; None if none."""
        return self.context.padding

    def expand(self, setting: Setting | Tensor, like: Tensor) -> float | Tensor:
        """A setting to compute with: a number, or `(R, 1, …)` that broadcasts over `like`."""
        numbers = expand_setting("the setting", setting, self.replicas)
        if isinstance(numbers, float):
            return numbers
        return numbers.to(like).reshape(-1, *[1] * (like.dim() - 1))

    def save(self, *tensors: Tensor) -> None:
        """Keep tensors for the backward of this forward; in evaluation nothing is kept."""
        if self.training:
            self.context.saved.push(self, tensors)

    def saved(self) -> tuple[Tensor, ...]:
        """Take back what the last forward saved."""
        return self.context.saved.pop(self)

    def forget(self) -> None:
        """Drop what belongs to a step: whatever was saved, and which samples were padding."""
        self.context.saved.clear()
        self.context.padding = None

    def expect_all_undone(self) -> None:
        """Raise if a forward still waits for its backward.

        Raises:
            ProtocolError: naming the layer that waits.
        """
        self.context.saved.expect_empty()

    # ---- the tree ----

    def children(self) -> dict[str, Module]:
        """The modules directly inside this one, by name."""
        return dict(attributes_of(self, Module))  # type: ignore[type-abstract]  # used by isinstance

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module and all inside it, with their paths; a shared one once."""
        return walk_modules(self)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Each parameter with its path (`0.weight`); a shared one once, at its first path."""
        return walk_attributes(self, Parameter)

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Each buffer with its path; a shared one once, at its first path."""
        return walk_attributes(self, Buffer)

    def param(self) -> list[Parameter]:
        """The parameters of all layers."""
        return [parameter for _, parameter in self.named_parameters()]

    def adopt(self, context: ModelContext) -> None:
        """Make one model of all modules inside: they share the context, and know their paths."""
        context.owner = self
        for path, module in self.named_modules():
            module.context, module.path = context, path
            # Read in every call of every layer, so a plain attribute rather than a property.
            module.replicas = context.replicas

    @property
    def is_part(self) -> bool:
        """Whether it stands inside a model that is still there."""
        owner = self.context.owner
        return owner is not None and owner is not self

    @property
    def described(self) -> str:
        """Its spec, and its path where it stands inside a model: `Linear(2, 25) at 0`."""
        spec = repr(self)
        if len(spec) > SPEC_SHOWN:
            spec = f"{spec[:SPEC_SHOWN]}…"
        return f"{spec} at {self.path}" if self.is_part else spec

    # ---- modes, values and gradients ----

    def train(self) -> Self:
        """Switch to training: forward keeps what backward needs."""
        return self._set_training(True)

    def eval(self) -> Self:
        """Switch to evaluation: forward keeps nothing, and what was kept is forgotten."""
        self.forget()
        return self._set_training(False)

    def _set_training(self, training: bool) -> Self:
        for _, module in self.named_modules():
            module.training = training
        return self

    def zero_grad(self) -> None:
        """Set all gradients to zero."""
        for parameter in self.param():
            parameter.grad.zero_()

    def step(self, lr: Setting) -> None:
        """Plain gradient descent: w ← w − lr · g, lr being a number or one per replica."""
        rate = expand_setting("lr", lr, self.replicas)
        for parameter in self.param():
            parameter.value.sub_(parameter.grad * self.expand(rate, parameter.grad))

    def reset_weights(self) -> None:
        """Draw all parameters anew in place, zero their gradients, and refill the buffers."""
        for parameter in self.param():
            parameter.reset(self.random)
        for _, buffer in self.named_buffers():
            buffer.reset(self.replicas, buffer.value.dtype, buffer.value.device)

    def initialize(
        self,
        *,
        seed: int | None = None,
        seeds: Sequence[int] | None = None,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> Self:
        """Become a lone model (`seed`) or a population (`seeds`), and draw all values anew.

        With neither, the seed comes from torch's global generator (`torch.manual_seed`).

        Raises:
            ArgumentError: if both are given, or a per-replica setting has another count.
        """
        self._storage = relocation.initialize(self, seed, seeds, dtype, device)
        return self

    # ---- storage and state ----

    @property
    def storage(self) -> Storage:
        """The flat memory of all parameters; built when first asked for, or when they moved."""
        if self._storage is None or not self._storage.holds(dict(self.named_parameters())):
            relocation.expect_whole(self, "use the storage of")
            # A layer taken out of a model that is gone shares a context with its siblings.
            alone = self.context.owner is not self
            self.adopt(ModelContext.joint([self.context]) if alone else self.context)
            self._storage = relocation.build_storage(self)
        return self._storage

    def state(self) -> dict[str, Tensor]:
        """Copies of all parameter and buffer values, by path."""
        return {name: value.clone() for name, value in relocation.tensors_of(self).items()}

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Take over all values of a `state()` of the same names and shapes; gradients are zero.

        Raises:
            StateError: naming every entry that is missing, unexpected or misshapen; nothing has
                been changed then.
        """
        return self._relocate(relocation.load_state(self, state))

    def torch_state(self, replica: int | None = None) -> dict[str, Tensor]:
        """Copies of all values as the same layers of torch.nn name them, for `load_state_dict`.

        A layer that stands in the model twice is in it twice, as in torch.

        Args:
            replica: which one of a population.

        Raises:
            ArgumentError: for a population without a replica, or one that it does not have.
        """
        return export_torch_state(self, replica)

    def load_torch_state(self, state: TorchState | Sequence[TorchState]) -> Self:
        """Take over the `state_dict()` of the same layers of torch.nn; gradients are zero.

        A population takes one state for all replicas, or a list of one for each. Numbers are
        converted to the model's own dtype and device.

        Raises:
            StateError: naming every entry that is missing, unexpected or misshapen, or that these
                layers cannot hold; nothing has been changed then.
        """
        return self.load_state(import_torch_state(self, state))

    def to(
        self,
        target: torch.dtype | torch.device | str | None = None,
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> Self:
        """Move to a dtype or device: `to("cuda")`, `to(torch.float64)`, or by keyword."""
        if isinstance(target, torch.dtype):
            dtype = target
        elif target is not None:
            device = target
        place = None if device is None else torch.device(device)
        return self._relocate(relocation.move(self, dtype, place))

    def select(self, replicas: Selection | Tensor) -> Self:
        """Keep only the chosen replicas, with their values, gradients and random streams.

        An int leaves a lone model. A list, a mask or an index tensor leaves a population; a
        replica may be chosen more than once. The optimizer follows with its own `select`.

        Raises:
            ArgumentError: for a lone model, an index out of range, or an empty selection.
        """
        return self._relocate(relocation.select(self, replicas))

    def _relocate(self, storage: Storage) -> Self:
        self.forget()
        self._storage = storage
        return self
