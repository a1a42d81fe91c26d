"""The versions: of the core, which plugins' requirements are held against, and of its checks."""

__all__ = ["CHECK_SET", "__version__"]

__version__ = "0.1.0"

CHECK_SET = 1
"""The version of the check set; it grows by one with each release that adds a check.

It stands here so that it can be read without torch, which `coreframe.testing` imports.
"""
