"""What it costs that each replica has settings of its own."""

from __future__ import annotations

from collections.abc import Mapping

from ours import Ours
from populations.contest import Contest
from populations.extent import Extent
from populations.sizes import BATCH, MANY, SIZES
from timing import print_measured, print_target
from training import SGD, Rule, Training

LR = {"lr": 1e-3}
DECAYED = {"lr": 1e-3, "weight_decay": 0.01}
RULES: Mapping[str, Mapping[str, float]] = {
    SGD.name: SGD.settings,
    "AdamW": DECAYED,
    "Adam": LR,
    "NAdam": LR,
    "RMSprop": LR,
    "Adagrad": LR,
    "Lion": DECAYED,
}


def compare_settings(extent: Extent) -> None:
    """Time each optimizer with shared settings, and with one of each replica's own."""
    replicas = min(MANY, max(extent.populations))
    print(f"2-25-25-25-2, batch {BATCH}, {replicas} models, settings of their own / shared:")
    for name, settings in RULES.items():
        rule = Rule(name, settings)
        training = Training.drawn(SIZES, extent.samples, BATCH, rule=rule, replicas=replicas)
        own = {setting: [value] * replicas for setting, value in settings.items()}
        rivals = {"shared": Ours(training), "own": Ours(training, settings=own)}
        ratio = Contest(rivals, training.steps, extent.rounds).ratio("own", "shared")
        what = f"{name}, own {' and '.join(settings)}"
        if name == SGD.name:
            print_target(what, ratio, 1.1)
        else:
            print_measured(what, ratio)
