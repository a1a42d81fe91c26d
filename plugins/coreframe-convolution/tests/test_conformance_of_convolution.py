"""Convolutions and pooling: every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

from coreframe.testing import parametrize_with_checks

NAMES = [
    "AdaptiveAvgPool2d",
    "AvgPool2d",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "MaxPool2d",
    "NearestUpsampling",
]


@parametrize_with_checks(NAMES, version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()
