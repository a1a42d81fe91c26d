"""ModelContext: what all modules of one model have in common."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from coreframe.errors import ShapeError
from coreframe.interfaces.padding import Padding
from coreframe.interfaces.replicas import Replicas
from coreframe.interfaces.saved import SavedStack
from coreframe.interfaces.streams import RandomStreams

if TYPE_CHECKING:
    from coreframe.interfaces.module import Module

__all__ = ["ModelContext"]


class ModelContext:
    """The replicas, the random streams and the saved stack of one model.

    Every module of a model holds the same context, so that a layer deep inside knows what only
    the whole can know: which leading axes are replicas, which backward is due, and which samples
    of the batch are padding.
    """

    padding: Padding | None = None
    """Which samples of the current batch are padding; None where none is."""

    def __init__(self, random: RandomStreams | None = None) -> None:
        self.saved = SavedStack()
        self._random = random
        self._owner: weakref.ref[Module] | None = None

    @property
    def owner(self) -> Module | None:
        """The whole model, as long as there is one."""
        return None if self._owner is None else self._owner()

    @owner.setter
    def owner(self, model: Module) -> None:
        # Weak: a layer taken out of a model must not keep the rest of it, and is whole again.
        self._owner = weakref.ref(model)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_owner": None}  # a weak reference cannot be pickled

    @property
    def random(self) -> RandomStreams:
        if self._random is None:
            self._random = RandomStreams.fresh()
        return self._random

    @property
    def is_seeded(self) -> bool:
        """Whether it has streams already; until then its modules are lone."""
        return self._random is not None

    @property
    def replicas(self) -> Replicas:
        return () if self._random is None else self._random.replicas

    @classmethod
    def joint(cls, contexts: Iterable[ModelContext]) -> ModelContext:
        """The context of a container of these: the streams they have, and a stack of its own.

        Raises:
            ShapeError: if they are populations of different sizes.
        """
        known = [context for context in contexts if context.is_seeded]
        sizes = {context.replicas for context in known}
        if len(sizes) > 1:
            listed = " and ".join(str(size) for size in sorted(sizes))
            raise ShapeError(f"one model cannot hold modules of replicas {listed}")
        return cls(known[0].random if known else None)
