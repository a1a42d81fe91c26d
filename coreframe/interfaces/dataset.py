"""Dataset: where samples come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from torch import Tensor

from coreframe.errors import ArgumentError
from coreframe.interfaces.component import Component
from coreframe.interfaces.module import Module
from coreframe.interfaces.replicas import Replicas, Selection, resolve_selection
from coreframe.interfaces.split import Split

__all__ = ["Dataset", "Split"]


class Dataset(Component):
    """Train, test and perhaps validation samples.

    Choosing settings reads `train` and `validation`; `test` is for the final figure only.

    A dataset that is drawn takes a keyword `seed`: an int for one data set that all replicas
    share, a sequence of ints for one of each replica's own.
    """

    train: Split
    test: Split
    validation: Split | None = None

    disjoint_splits: ClassVar[bool] = False
    """Whether it promises that no sample stands in more than one split."""

    @property
    def replicas(self) -> Replicas:
        """`()` if all replicas share the samples, `(R,)` if each has its own."""
        return self.train.replicas

    @property
    def fitted_by(self) -> str:
        """By which argument inputs owe something to all training samples: `standardize=True`.

        Empty if they do not. What was fitted on all of them has seen those that a fold holds out,
        so that cross-validation refuses such data.
        """
        return ""

    def select(self, replicas: Selection | Tensor) -> Self:
        """Keep the chosen replicas' samples, in place; shared data stays as it is.

        Raises:
            ArgumentError: for an index out of range, or an empty selection.
        """
        if not self.replicas:
            return self
        chosen = resolve_selection(replicas, self.replicas)
        train, test = self.train.select(chosen), self.test.select(chosen)
        if self.validation is not None:
            self.validation = self.validation.select(chosen)
        self.train, self.test = train, test
        self.select_settings(chosen)
        return self

    def part(self, name: str) -> Split:
        """The split of this name.

        Raises:
            ArgumentError: if the dataset has none.
        """
        split = getattr(self, name, None) if name in ("train", "test", "validation") else None
        if not isinstance(split, Split):
            raise ArgumentError(
                f"{self!r} has no {name} split; it may have train, test and validation"
            )
        return split

    def encoding(self) -> dict[str, Any]:
        """How the rows of its files become inputs, as JSON values; `{}` if it reads no file.

        It is for people, and for `read_inputs`. Where targets are classes, `"classes"` has their
        names in the order of their indices.
        """
        return {}

    @classmethod
    def read_inputs(cls, encoding: Mapping[str, Any], path: str) -> Tensor:
        """Inputs (samples, *features) of further samples from a file, as an `encoding` says.

        The file may lack what only targets are made of.

        Raises:
            ArgumentError: if datasets of this class read no files, or cannot read this one.
        """
        raise ArgumentError(
            f"{cls.__name__} reads no files: it gives no inputs for encoding {dict(encoding)!r} "
            f"from {path!r}"
        )

    @classmethod
    def input_layer(cls, encoding: Mapping[str, Any]) -> Module | None:  # noqa: ARG003
        """What makes inputs of a file's numbers as an `encoding` says, such as a standardization.

        An exported model begins with it, so that it takes these numbers. None if they are the
        inputs as they are, or nobody knows them but `read_inputs`.
        """
        return None

    @classmethod
    def stream_inputs(cls, encoding: Mapping[str, Any], path: str) -> Iterator[Tensor]:
        """What `read_inputs` gives, some samples after another: the file may be larger than memory.

        A dataset that overrides it holds a part at a time; otherwise there is one part.

        Raises:
            ArgumentError: as `read_inputs`, but of each sample when it is come to.
        """
        yield cls.read_inputs(encoding, path)
