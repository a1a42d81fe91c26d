"""The one family of errors: every mistake a user can make raises a `CoreframeError`.

Each class also derives from the built-in that a Python programmer would expect there, so
`except ValueError` around a constructor works without knowing coreframe. A message is one
sentence that says what is wrong, where, and what to do.
"""

__all__ = [
    "AmbiguousComponent",
    "ArgumentError",
    "BrokenPlugin",
    "CheckFailed",
    "CheckpointError",
    "ContractError",
    "CoreframeError",
    "DisabledComponent",
    "DivergedRun",
    "ExportError",
    "PluginWarning",
    "PolicyError",
    "ProtocolError",
    "ShapeError",
    "SpecError",
    "StaleOptimizer",
    "StateError",
    "UnknownComponent",
]


class CoreframeError(Exception):
    """Base of every error that coreframe raises on purpose."""


class ArgumentError(CoreframeError, ValueError):
    """A constructor or function got an argument of the wrong name, type, count or value."""


class ShapeError(CoreframeError, ValueError):
    """Sizes that do not fit each other: between layers, or between tensors."""


class ProtocolError(CoreframeError, RuntimeError):
    """Calls out of order: a backward without its forward, or in the wrong sequence."""


class ContractError(CoreframeError, RuntimeError):
    """A call of a layer or a loss that `debug` caught breaking the contract."""


class StateError(CoreframeError, ValueError):
    """A saved state whose names or shapes are not those of the object it is loaded into."""


class StaleOptimizer(CoreframeError, RuntimeError):
    """An optimizer whose model has moved, been selected from or been loaded since."""


class CheckpointError(CoreframeError, ValueError):
    """A checkpoint file that is missing, damaged, or not one of coreframe's."""


class SpecError(CoreframeError, ValueError):
    """A spec that is not made of names, calls, literals and signed numbers."""


class UnknownComponent(CoreframeError, LookupError):
    """A name that no installed plugin offers."""


class AmbiguousComponent(CoreframeError, LookupError):
    """A name that several installed distributions offer."""


class BrokenPlugin(CoreframeError, ImportError):
    """A component that is registered but cannot be imported or is not what it claims."""


class DisabledComponent(CoreframeError, LookupError):
    """A component that the user's policy keeps out; nothing of it is imported."""


class DivergedRun(CoreframeError, ArithmeticError):
    """A training whose loss became NaN or infinite."""


class ExportError(CoreframeError, ValueError):
    """A model that cannot be written as a graph, or a graph that does not compute the same."""


class PolicyError(CoreframeError, ValueError):
    """A policy on plugins that cannot be read, so that nothing may rely on it."""


class PluginWarning(UserWarning):
    """A plugin that failed at something which stops nobody else, such as watching a run."""


class CheckFailed(CoreframeError, AssertionError):
    """A conformance check found that a component breaks its contract."""
