"""The least ε that an optimizer may divide by."""

from __future__ import annotations

__all__ = ["LEAST_EPS"]

LEAST_EPS = 1e-30
"""Not zero: where a gradient is always zero, as behind a dead unit, 0 / 0 would be NaN."""
