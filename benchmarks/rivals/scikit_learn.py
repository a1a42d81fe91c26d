"""scikit-learn's MLPClassifier, of which one trains after the other."""

from __future__ import annotations

import torch
from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped]
from torch import Tensor
from training import Training

import coreframe as cf


class ScikitLearn:
    """The first replica, alone, with logistic outputs and cross-entropy: it has no mean square.

    Its gradient is the mean over samples of the sum over outputs, ours the mean over both, so that
    the same steps take a rate divided by the number of outputs.
    """

    name, loss, models = "scikit-learn MLPClassifier", "BinaryCrossEntropy", 1

    def __init__(self, training: Training) -> None:
        if training.rule.name != "SGD":
            raise ValueError(f"scikit-learn has no {training.rule.name}")
        self._training = training
        self._random = cf.RandomStreams(training.seeds[0])
        self._model = MLPClassifier(
            training.sizes[1:-1],
            solver="sgd",
            alpha=0.0,
            batch_size=training.batch_size,
            learning_rate_init=training.rule.settings["lr"] / training.sizes[-1],
            momentum=training.rule.settings["momentum"],
            nesterovs_momentum=False,
            shuffle=False,  # the batches come in our order
        )
        # Its arrays are there once it has trained; then it goes on from the values they are given.
        self._fit(torch.zeros(training.batch_size, dtype=torch.int64))
        values = [value[0].numpy() for value in training.first_values()]
        for own, value in zip(self._model.coefs_, values[::2], strict=True):
            own[:] = value.T
        for own, value in zip(self._model.intercepts_, values[1::2], strict=True):
            own[:] = value
        for velocity in self._model._optimizer.velocities:  # noqa: SLF001  # has no other way
            velocity[:] = 0

    def train(self, epochs: int = 1) -> None:
        for _ in range(epochs):
            (order,) = self._random.permutation("order", [len(self._training.x)])
            self._fit(order)

    def values(self) -> list[Tensor]:
        found: list[Tensor] = []
        for weight, bias in zip(self._model.coefs_, self._model.intercepts_, strict=True):
            found += [torch.tensor(weight.T)[None], torch.tensor(bias)[None]]
        return found

    def _fit(self, order: Tensor) -> None:
        x, y = self._training.x[order].numpy(), self._training.y[order].int().numpy()
        self._model.partial_fit(x, y, classes=[0, 1])
