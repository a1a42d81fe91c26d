"""The first values of a kernel."""

from __future__ import annotations

from coreframe import Normal, Setting, xavier_normal

__all__ = ["kernel_initializer"]


def kernel_initializer(
    in_channels: int, out_channels: int, positions: int, groups: int, gain: Setting
) -> Normal:
    """Xavier's, where each output sums in_channels · positions / groups numbers.

    V(w) = gain² · 2 · groups / (positions · (in_channels + out_channels))
    """
    return xavier_normal(
        in_channels // groups * positions, out_channels // groups * positions, gain
    )
