"""The report's study: its dataset, grid search, tables and figures."""

from coreframe_ee559.disc import Disc

__all__ = ["Disc"]
