"""Tasks for worker processes, which import them by name."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch

import coreframe as cf


def die(report: object) -> None:
    os._exit(3)


def fail(report: object) -> None:
    raise cf.ArgumentError("no such luck")


class TwoPartError(Exception):
    """One that pickle cannot make anew."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def fail_oddly(report: object) -> None:
    raise TwoPartError("salt", "pepper")


def count(first: int, report: Callable[[int], None]) -> tuple[int, int]:
    for number in range(first, first + 3):
        report(number)
    return first, torch.get_num_threads()
