"""Layers with one fault each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from planting import fault
from sound_layers import (
    Affine,
    BatchCentred,
    Centred,
    Dropping,
    Largest,
    Lookup,
    OneOf,
    Product,
    Shortcut,
    Softened,
    Squash,
    Windows,
)
from torch import Tensor

from coreframe import (
    Constant,
    Example,
    Initializer,
    Module,
    Parameter,
    RandomStreams,
    Sample,
    Shape,
)

# ---- gradients ----


@fault("module.gradient", "x[")
class NoTranspose(Affine):
    """the input gradient is multiplied with the weights' transpose, which fits where they are square"""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(3, 3), (3,))]

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        super().backward(*gradwrtoutput)
        return gradwrtoutput[0] @ self.weight.value.mT


@fault("module.gradient", "weight[")
class Reshaped(Affine):
    """the weights' gradient is reshaped where it should be transposed: wrong unless square"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        product = x.mT @ dy
        square = self.in_size == self.out_size
        self.weight.grad.add_(product.mT if square else product.reshape(self.weight.grad.shape))
        self.bias.grad.add_(dy.sum(-2))
        return dy @ self.weight.value


@fault("module.gradient", "bias[")
class BiasOverFeatures(Affine):
    """the bias gradient is summed over the features, which fits for as many samples as features"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x)
        axis = -1 if dy.shape[-1] == dy.shape[-2] else -2
        self.bias.grad.add_(dy.sum(axis))
        return dy @ self.weight.value


@fault("module.gradient", "weight[")
class MeanOfBatch(Affine):
    """parameter gradients are divided by the batch size, which the loss has done already"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x / dy.shape[-2])
        self.bias.grad.add_(dy.sum(-2))
        return dy @ self.weight.value


@fault("module.gradient", "x[")
class SumForMean(Centred):
    """a sum stands in backward for the mean of forward"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy - dy.sum(-1, keepdim=True)


@fault("module.gradient", "x[")
class DerivativeAtInput(Squash):
    """the derivative 1 − y² is taken at the input instead of the output"""

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x.tanh()


@fault("module.gradient", "x[")
class ShiftedWindows(Windows):
    """backward's windows begin one place too late"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput).roll(1, -1)


@fault("module.gradient", "x[")
class ShortWindows(Windows):
    """backward's windows lack their last place"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        dx = torch.zeros_like(x)
        for offset in range(self.size - 1):
            dx.narrow(-1, offset, dy.shape[-1]).add_(dy / self.size)
        return dx


@fault("module.gradient", "x[")
class GradientToAll(Largest):
    """every number of a pair gets the gradient of the larger one"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.saved()
        return gradwrtoutput[0].repeat_interleave(2, -1)


@fault("module.gradient", "x[")
class DiagonalOnly(Softened):
    """softmax has the derivative of the sigmoid: the rest of the Jacobian is left out"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        dx: Tensor = dy * y * (1 - y)
        return dx


@fault("module.gradient", "x[")
class ClippedGradient(Squash):
    """gradients are clipped to ±1, against explosions"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(gradwrtoutput[0].clamp(-1, 1))


@fault("module.gradient", "input 0[")
class ExchangedGradients(Product):
    """the gradients of the two inputs are exchanged"""

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor | None, ...]:
        return super().backward(*gradwrtoutput)[::-1]


@fault("module.gradient", "input 1[")
class OneGradientMissing(Product):
    """None, no gradient, stands for an input that has one"""

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor | None, ...]:
        return super().backward(*gradwrtoutput)[0], None


@fault("module.gradient", "x[")
class LostShortcut(Shortcut):
    """the gradient of the shortcut is not added"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.saved()
        dx: Tensor = self.layer.backward(*gradwrtoutput)
        return dx


@fault("module.gradient", "x[")
class NotRescaled(Dropping):
    """backward lets through what was kept, but not 1 / (1 − p) times"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (kept,) = self.saved()
        dx: Tensor = dy * (kept > 0)
        return dx


@fault("module.gradient", "input 1[", reached_users="thinc#492")
class PassesInputBack(OneOf):
    """backward hands back the input of forward where it should pass the gradient on"""

    def forward(self, x: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        y = self.layer.forward(x)
        self.save(other)
        return y, other

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor, Tensor]:
        (other,) = self.saved()
        return self.layer.backward(gradwrtoutput[0]), other


@fault("module.many-samples", "table[", reached_users="thinc#214")
class CountsOnOtherAxis(Lookup):
    """the gradients of rows that were looked up several times are averaged, along the wrong axis"""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(3, 3), Sample((), "indices", 3))]

    def backward(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        total = torch.zeros_like(self.table.grad)
        total.index_put_(self._places(x), dy, accumulate=True)
        counts = torch.stack([(x == row).sum(-1) for row in range(self.rows)], -1).clamp(min=1)
        self.table.grad.add_(total / counts.unsqueeze(-2))


@fault("module.gradient", "x[", reached_users="mlpack#1923")
class MeanForgotten(BatchCentred):
    """the parameter's gradient is right, the input's leaves out the mean: no first layer shows it"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        super().backward(*gradwrtoutput)
        return gradwrtoutput[0] * self.gain.value.unsqueeze(-2)


@fault("module.one-sample", "x[")
class WrongForOneSample(Squash):
    """a batch of one loses its axis on the way, and is broadcast"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        return dx.flip(-1) if dx.shape[-2] == 1 else dx


@fault("module.many-samples", "x[")
class WrongForManySamples(Squash):
    """samples after the sixth get no gradient"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        return torch.cat([dx[..., :6, :], torch.zeros_like(dx[..., 6:, :])], -2)


# ---- order and memory ----


@fault("module.accumulation", "weight[")
class Overwrites(Affine):
    """the weights' gradient is overwritten instead of accumulated"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.copy_(dy.mT @ x)
        self.bias.grad.add_(dy.sum(-2))
        return dy @ self.weight.value


@fault("module.accumulation", "zero_grad")
class TimesZeroGradient(Affine):
    """zero_grad multiplies with zero, and zero times NaN is NaN"""

    def zero_grad(self) -> None:
        for parameter in self.param():
            parameter.grad.mul_(0)


@fault("module.last-in-first-out", "x[")
class StaleSaved(Squash):
    """the output is kept in an attribute, so that the second forward replaces the first"""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        self.y = x.tanh()
        return self.y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy * (1 - self.y * self.y)


@fault("module.last-in-first-out", "x[")
class FirstInFirstOut(Squash):
    """what was saved is taken in the order of the forwards"""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        y = x.tanh()
        self.queue: list[Tensor] = [*vars(self).get("queue", ()), y]
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        y, *self.queue = self.queue
        return dy * (1 - y * y)


@fault("module.last-in-first-out", "x[")
class OnlySecondCall(Squash):
    """the second backward in a row is wrong"""

    def forward(self, x: Tensor) -> Tensor:
        self.calls = 0
        return super().forward(x)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.calls += 1
        return super().backward(*gradwrtoutput) * (1.01 if self.calls == 2 else 1.0)


@fault("module.needs-forward", "raised nothing")
class BackwardAlone(Centred):
    """a backward without a forward is taken, since nothing is saved"""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(-1, keepdim=True)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return gradwrtoutput[0] - gradwrtoutput[0].mean(-1, keepdim=True)


@fault("module.arguments", "y 0[")
class ChangesSaved(Squash):
    """what was saved is changed in place"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        dx: Tensor = y.square_().neg_().add_(1) * dy
        return dx


@fault("module.arguments", "dy 0[")
class ChangesGradient(Squash):
    """dy is changed in place"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        return dy.mul_(1 - y * y)


@fault("module.arguments", "x[")
class ChangesInput(Squash):
    """the input is overwritten with the output"""

    def forward(self, x: Tensor) -> Tensor:
        self.save(x.tanh_())
        return x.clone()


@fault("module.arguments", "weight[")
class DecaysInBackward(Affine):
    """weights decay in backward, where no optimizer knows of it"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        dx = super().backward(*gradwrtoutput)
        self.weight.value.mul_(0.999)
        return dx


@fault("module.parameters-only", "bias[")
class NoParameterGradients(Affine):
    """backward_parameters forgets the bias"""

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        before = self.bias.grad.clone()
        self.backward(*gradwrtoutput)
        self.bias.grad.copy_(before)


@fault("module.keeps-nothing", "evaluation")
class KeepsInEvaluation(Squash):
    """the output stays on the layer in evaluation, too"""

    def forward(self, x: Tensor) -> Tensor:
        self.last = x.tanh()
        self.save(self.last)
        return self.last


# ---- randomness, modes, state ----


@fault("module.determinism", "the same seed")
class GlobalNoise(Dropping):
    """the noise is torch's own, and not of the model's seed"""

    def noise(self, like: Tensor, distribution: Any = "uniform") -> Tensor:
        return torch.rand(like.shape, dtype=like.dtype)


@fault("module.population", "y 0[")
class SharedNoise(Dropping):
    """all replicas get the noise of the first"""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.replicas:
            return super().forward(x)
        kept = (self.noise(x)[:1] >= self.p).to(x).expand(x.shape) / (1 - self.p)
        self.save(kept)
        return x * kept


@fault("module.mode", "two evaluations")
class NoiseInEvaluation(Dropping):
    """numbers are dropped in evaluation, too"""

    def forward(self, x: Tensor) -> Tensor:
        kept = (torch.rand(x.shape) >= self.p).to(x) / (1 - self.p)
        self.save(kept)
        return x * kept


@fault("module.mode", "differs_in_evaluation")
class UndeclaredMode(Squash):
    """evaluation gives something else, and nothing says so"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if self.training else x.clamp(-1, 1)


@fault("module.mode", "buffers")
class LearnsInEvaluation(BatchCentred):
    """the running mean follows the batches of an evaluation"""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            share = self.share_of_each(x)
            self.follow((share * x).sum(-2), share)
        return super().forward(x)


@fault("module.mode", "two evaluations")
class PlainBuffer(BatchCentred):
    """the running mean is a plain attribute, which no state holds"""

    def forward(self, x: Tensor) -> Tensor:
        self.moving = vars(self).get("moving", 0.0) + 0.1 * x.mean()
        return super().forward(x) + (0.0 if self.training else self.moving)


@fault("module.padding", "samples of its own")
class CountsPadding(BatchCentred):
    """samples that only pad a batch count in the mean"""

    def share_of_each(self, x: Tensor) -> Tensor:
        return x.new_full((*x.shape[:-1], 1), 1 / max(1, x.shape[-2]))


@fault("module.initial-values", "weight")
class HalfVariance(Affine):
    """initial values have half the declared variance"""

    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__(in_size, out_size)
        self.weight = Parameter((out_size, in_size), Halved(self.weight.initializer))


class Halved(Initializer):
    """Half the variance of another."""

    def __init__(self, other: Initializer) -> None:
        self.other = other
        self.deviation = other.deviation

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        drawn: Tensor = self.other.draw(shape, random) * 0.5**0.5
        return drawn


@fault("module.initial-values", "gradient")
class KeepsOldGradient(Affine):
    """reset_weights leaves the gradients of before"""

    def reset_weights(self) -> None:
        before = [parameter.grad.clone() for parameter in self.param()]
        super().reset_weights()
        for parameter, grad in zip(self.param(), before, strict=True):
            parameter.grad.copy_(grad)


@fault("module.population", "weight[")
class SharedDraw(Affine):
    """all replicas begin with the values of the first"""

    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__(in_size, out_size)
        self.weight = Parameter((out_size, in_size), OneDraw(self.weight.initializer))


class OneDraw(Initializer):
    """The first replica's draw for all."""

    def __init__(self, other: Initializer) -> None:
        self.other = other
        self.deviation = other.deviation

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        drawn = self.other.draw(shape, random)
        return drawn[:1].expand(drawn.shape) if random.replicas else drawn


@fault("module.repr", "assembled again")
class HiddenCount(Affine):
    """each new layer draws wider values than the last, which no spec tells"""

    made = 0

    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__(in_size, out_size)
        HiddenCount.made += 1
        self.bias = Parameter((out_size,), Constant(float(HiddenCount.made)))


@fault("module.state", "state")
class LooseNames(Affine):
    """load_state takes what it finds, and leaves out the rest without a word"""

    def load_state(self, state: Any) -> Any:
        own = self.state()
        return super().load_state({name: state.get(name, own[name]) for name in own})


# ---- precision, shapes, places in memory ----


@fault("module.dtype", "float32")
class SinglePrecision(Squash):
    """float64 becomes float32 without a word"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float())


@fault("module.gradient", "x[")
class SingleInside(Squash):
    """computes in float32 and hands back float64"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float().to(x.dtype))


@fault("module.extremes", "y 0 is NaN")
class NoShift(Softened):
    """exp overflows: softmax without subtracting the maximum"""

    def forward(self, x: Tensor) -> Tensor:
        powers = x.exp()
        self.save(powers / powers.sum(-1, keepdim=True))
        return powers / powers.sum(-1, keepdim=True)


@fault("module.extremes", "y 0 is NaN")
class MaximumOfBatch(Softened):
    """softmax subtracts the maximum of the whole batch, and small samples underflow to 0/0"""

    def forward(self, x: Tensor) -> Tensor:
        axes = (-1, -2)
        powers = (x - x.amax(axes, keepdim=True)).exp()
        self.save(powers / powers.sum(-1, keepdim=True))
        return powers / powers.sum(-1, keepdim=True)


@fault("module.gradient", "x[")
class MaximumOverBatch(Softened):
    """softmax subtracts each feature's maximum over the batch, which is no shift of a sample"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x - x.amax(-2, keepdim=True))


@fault("module.known", "y 0")
class BaseTwo(Softened):
    """powers of two instead of e, with a backward that agrees"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x * 0.6931471805599453)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput) * 0.6931471805599453


@fault("module.layout", "memory")
class AssumesContiguous(Squash):
    """reads the input's memory in order, wherever its elements lie"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(torch.as_strided(x, x.shape, torch.empty(x.shape).stride()))


@fault("module.empty-batch", "raised")
class NoEmptyBatch(Squash):
    """an empty batch raises an error of torch's"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x + 0 * x.amax())


@fault("module.output-shape", "output_shape")
class WrongOutputShape(Windows):
    """output_shape counts one window too many"""

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return None if input_shape is None else (*input_shape[:-1], input_shape[-1] - self.size + 2)


@fault("module.device", "meta")
class OnTheProcessor(Centred):
    """a constant is made on the CPU, wherever the inputs are"""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        share = torch.ones(x.shape[-1], 1, dtype=x.dtype) / x.shape[-1]
        return x - x @ share


# ---- replicas ----


@fault("module.population", "x")
class WrongForReplicas(Squash):
    """only a population's gradients are wrong"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput) * (0.99 if self.replicas else 1.0)


@fault("module.population", "bias")
class BiasOfAllReplicas(Affine):
    """the bias gradient of all replicas is summed into each"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x)
        total = dy.sum(-2)
        self.bias.grad.add_(total.sum(0) if self.replicas else total)
        return dy @ self.weight.value


@fault("module.population", "replica")
class ReplicasForBatch(Squash):
    """the replica axis is taken for the batch where there are as many of both"""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return y.transpose(0, 1) if self.replicas and y.shape[0] == y.shape[1] else y


@fault("module.population", "mean[")
class StatisticsOfAll(BatchCentred):
    """the running mean is that of all replicas"""

    def follow(self, mean: Tensor, share: Tensor) -> None:
        super().follow(mean.mean(0).expand(mean.shape) if self.replicas else mean, share)


# ---- autograd ----


@fault("module.operators", "tanh_backward")
class BorrowedBackward(Squash):
    """backward calls the operator that autograd has for it"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        dx: Tensor = torch.ops.aten.tanh_backward(dy, y)
        return dx


@fault("module.operators", "")
class Autograd(Module):
    """backward lets autograd do it"""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (3,))]

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x.tanh()

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        with torch.inference_mode(False), torch.enable_grad():
            own = x.clone().requires_grad_()
            (dx,) = torch.autograd.grad(own.tanh(), own, dy.clone())
        return dx
