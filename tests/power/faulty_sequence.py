"""Sequence layers that are wrong, by one fault each."""

from __future__ import annotations

from typing import Any

from planting import fault
from torch import Tensor

from coreframe import Example
from coreframe_sequence import GRU, LSTM, Embedding, MultiHeadAttention


@fault("module.gradient", "weight[")
class OverwrittenRows(Embedding):
    """the gradient of an index that stands several times is overwritten, not added up"""

    def backward(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        places, *_ = self.saved()
        grad = self.weight.grad.view(-1, self.size)
        grad[places] = grad[places] + dy.reshape(-1, self.size)


@fault("module.gradient", "x[")
class ScaleOfSize(MultiHeadAttention):
    """backward scales the keys by 1 / √size instead of the size of a head"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        rows, qkv, *others = self.saved()
        wrong = qkv.clone()
        wrong[1] *= self.heads**-0.5
        self.save(rows, wrong, *others)
        return super().backward(*gradwrtoutput)


@fault("module.gradient", "x[")
class FirstStepLeftOut(LSTM):
    """the output of the first step gets no gradient"""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(2, 3), (4, 2))]

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, Tensor]:
        dy = dy.clone()
        dy[..., 0, :] = 0
        return super()._add_gradients(dy)


@fault("module.gradient", "x[")
class StatesOfOtherStep(GRU):
    """the states that backward reads are those of the next step"""

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, Tensor]:
        x, states, kept, gates = self.saved()
        self.save(x, states.roll(-1, 0), kept, gates)
        return super()._add_gradients(dy)


@fault("module.gradient", "x[")
class OtherAxisOfSoftmax(MultiHeadAttention):
    """backward takes the weights as if the softmax had been along the queries"""

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, bool]:
        rows, qkv, p, *others = self.saved()
        self.save(rows, qkv, p.mT.contiguous(), *others)
        return super()._add_gradients(dy)
