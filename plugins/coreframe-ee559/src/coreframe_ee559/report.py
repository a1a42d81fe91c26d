"""What the report prints, figure for figure: the standard that the study is held against."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ACTIVATIONS", "TABLE_ONE", "TABLE_TWO", "BestSettings"]

ACTIVATIONS = ("ReLU", "Tanh", "Sigmoid")


@dataclass(frozen=True)
class BestSettings:
    """One column of Table I.

    Attributes:
        lr: learning rate.
        batch_size: samples per step.
        momentum: factor on the velocity.
        gain: factor on Xavier's standard deviation.
        epochs: passes over the training samples.
    """

    lr: float
    batch_size: int
    momentum: float
    gain: float
    epochs: int


TABLE_ONE = {
    "ReLU": BestSettings(lr=0.01, batch_size=16, momentum=0.8, gain=1.0, epochs=100),
    "Tanh": BestSettings(lr=0.1, batch_size=50, momentum=0.9, gain=1.0, epochs=100),
    "Sigmoid": BestSettings(lr=0.1, batch_size=100, momentum=0.9, gain=1.0, epochs=100),
}

# Train accuracies stand in the report in per cent and test accuracies as fractions; here all
# are fractions. Its last mean is headed "Av. Train Loss" a second time, and is the test loss.
TABLE_TWO: dict[str, dict[str, tuple[float, float]]] = {
    "ReLU": {
        "train_accuracy": (0.9629, 0.000238),
        "test_accuracy": (0.9578, 0.000181),
        "train_loss": (0.034730, 8.579e-05),
        "test_loss": (0.0367749, 7.821e-05),
    },
    "Tanh": {
        "train_accuracy": (0.7847, 0.04146),
        "test_accuracy": (0.7902, 0.03806),
        "train_loss": (0.121696, 0.009421),
        "test_loss": (0.121489, 0.009395),
    },
    "Sigmoid": {
        "train_accuracy": (0.9491, 0.000359),
        "test_accuracy": (0.9461, 0.000128),
        "train_loss": (0.056277, 0.000226),
        "test_loss": (0.058873, 0.000189),
    },
}
"""Mean and "Std." of each figure, by activation."""
