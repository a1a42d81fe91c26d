"""Settings: the section [run] of a run file."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MOST_THREADS", "Settings"]

MOST, MOST_THREADS = 2**31, 1024
HALVES = ("bfloat16", "float16")


@dataclass(frozen=True)
class Settings:
    """How a run trains.

    Attributes:
        epochs: passes over the training samples.
        batch_size: samples per batch.
        accumulate: batches per update.
        clip_norm: the largest norm of the gradients; 0 for any.
        seed: of the first values, the shuffling and what layers draw.
        replicas: models that train together, with this seed and the next ones; more than one
            are an ensemble.
        dtype: float32 or float64.
        device: cpu, cuda or cuda:N.
        threads: that torch may use; 0 for what it takes by itself.
        patience: end after so many epochs without a better `monitor`; 0 for never.
        monitor: the figure by which the best epoch is kept; the first that the run has if empty.
        checkpoint_seconds: how long at least between two checkpoints within a run.
    """

    epochs: int = 100
    batch_size: int = 32
    accumulate: int = 1
    clip_norm: float = 0.0
    seed: int = 0
    replicas: int = 1
    dtype: str = "float32"
    device: str = "cpu"
    threads: int = 0
    patience: int = 0
    monitor: str = ""
    checkpoint_seconds: float = 5.0

    def mistakes(self) -> dict[str, str]:
        """What is wrong with each setting, by its name."""
        wrong: dict[str, str] = {}
        for name in ("epochs", "batch_size", "accumulate", "replicas"):
            if not 1 <= vars(self)[name] < MOST:
                wrong[name] = f"must be an integer from 1, got {vars(self)[name]}"
        if self.threads >= MOST_THREADS:
            wrong["threads"] = f"must be less than {MOST_THREADS}, got {self.threads}"
        for name in ("clip_norm", "threads", "patience", "checkpoint_seconds"):
            if not vars(self)[name] >= 0:
                wrong[name] = f"must not be negative, got {vars(self)[name]}"
        if self.dtype not in ("float32", "float64"):
            wrong["dtype"] = f"must be float32 or float64, got {self.dtype!r}"
            if self.dtype in HALVES:
                wrong["dtype"] += ", whose few digits lose the small updates of a training"
        return wrong
