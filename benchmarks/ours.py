"""Our side: training through the public functions, as a user would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor
from training import Training

import coreframe as cf


class Given(cf.Dataset):
    """Tensors that are there already."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.train = self.test = cf.TensorSplit(x, y)


class Ours:
    """A population as one; of one replica, a lone model.

    Args:
        training: what to train.
        loss: what to minimize.
        settings: of the optimizer, in place of those of the training's rule.
    """

    name = "coreframe"

    def __init__(
        self,
        training: Training,
        *,
        loss: str = "MSE",
        settings: Mapping[str, float | Sequence[float]] | None = None,
    ) -> None:
        self.loss, self.models = loss, training.replicas
        lone, rule = training.replicas == 1, training.rule
        model = cf.assemble(
            training.specs(),
            seed=training.seeds[0] if lone else None,
            seeds=None if lone else training.seeds,
        )
        optimizer = cf.create("optimizer", rule.name, model, **(settings or rule.settings))
        data = Given(training.x, training.y)
        self.population = cf.Population(model, data, cf.create("loss", loss), optimizer)
        self._batch_size = training.batch_size

    def train(self, epochs: int = 1) -> None:
        cf.train_model(*self.population, epochs=epochs, batch_size=self._batch_size)

    def values(self) -> list[Tensor]:
        model = self.population.model
        values = [parameter.value for parameter in model.param()]
        return values if model.replicas else [value.unsqueeze(0) for value in values]
