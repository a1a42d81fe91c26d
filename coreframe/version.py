"""The version of the core, which the registry holds plugins' requirements against."""

__all__ = ["__version__"]

__version__ = "0.1.0"
