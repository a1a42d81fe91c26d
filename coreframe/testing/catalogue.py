"""Catalogue: all checks, in the order in which they are run and shown."""

from __future__ import annotations

from coreframe.testing.check import Check
from coreframe.testing.dataset_checks import DATASET_CHECKS
from coreframe.testing.loss_checks import LOSS_CHECKS
from coreframe.testing.module_checks import MODULE_CHECKS
from coreframe.testing.optimizer_checks import OPTIMIZER_CHECKS
from coreframe.testing.schedule_checks import SCHEDULE_CHECKS
from coreframe.version import CHECK_SET

__all__ = ["CHECKS", "CHECK_SET"]

CHECKS: tuple[Check, ...] = (
    *MODULE_CHECKS,
    *LOSS_CHECKS,
    *OPTIMIZER_CHECKS,
    *DATASET_CHECKS,
    *SCHEDULE_CHECKS,
)
