"""Lineup: all rivals of a training."""

from __future__ import annotations

from functools import partial

from rivals.jax_scan import JaxScan
from rivals.products import Products
from rivals.rival import Timed, proven
from rivals.scikit_learn import ScikitLearn
from rivals.stacked import Stacked
from rivals.torch_loop import TorchLoop
from rivals.vmapped import GRADIENTS, Vmapped
from training import Training


def lineup(training: Training) -> dict[str, Timed]:
    """Each rival by its name, proven; without those that are not installed, or lack its optimizer.

    The products alone are among them.
    """
    lone = training.of(1)
    makers = [partial(proven, TorchLoop, lone), partial(proven, Stacked, training)]
    makers += [partial(proven, partial(Vmapped, name=name), training) for name in GRADIENTS]
    if training.rule.name == "SGD":
        makers.append(partial(proven, ScikitLearn, lone))
    if JaxScan.installed():
        makers.append(partial(proven, JaxScan, training))
    found: dict[str, Timed] = {rival.name: rival for rival in (make() for make in makers)}
    return found | {Products.name: Products(training)}
