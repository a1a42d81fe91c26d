"""RandomStreams: the generators of a model, three for each of its replicas."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import torch
from torch import Generator, Tensor

from coreframe.errors import ArgumentError, StateError
from coreframe.interfaces.replicas import Replicas, Selection, resolve_selection

__all__ = ["RandomStreams", "Stream"]

Stream: TypeAlias = Literal["initialization", "order", "noise"]
STREAMS: tuple[Stream, ...] = ("initialization", "order", "noise")


class RandomStreams:
    """Three CPU generators per replica: initialization, data order and noise.

    Replica r draws exactly what a lone model with its seed draws, since each replica has
    generators of its own, and the streams are apart, so that drawing more of one (a larger
    dropout layer) does not change another (the order of the data).

    Args:
        seeds: one integer for a lone model, a sequence or array of them for a population; of any
            size and sign, for they are hashed.

    Raises:
        ArgumentError: for a seed that is not an integer (a bool is none), or no seeds at all.
    """

    def __init__(self, seeds: int | Sequence[int]) -> None:
        self.seeds = _whole_numbers(seeds)
        self._generators: dict[Stream, list[Generator]] = {
            stream: [_generator(seed, stream) for seed in self._seed_list()] for stream in STREAMS
        }

    @classmethod
    def fresh(cls) -> RandomStreams:
        """Streams of a lone model, seeded from torch's global generator (`torch.manual_seed`)."""
        return cls(int(torch.randint(2**53, ()).item()))

    @property
    def replicas(self) -> Replicas:
        return () if isinstance(self.seeds, int) else (len(self.seeds),)

    def generators(self, stream: Stream) -> list[Generator]:
        """The generators of one stream, one for each replica (one for a lone model)."""
        return self._generators[stream]

    def normal(self, stream: Stream, shape: Sequence[int]) -> Tensor:
        """Unit normals `(*replicas, *shape)`, each replica's from its own generator."""
        return self._join([torch.randn(tuple(shape), generator=g) for g in self.generators(stream)])

    def uniform(self, stream: Stream, shape: Sequence[int]) -> Tensor:
        """Uniform numbers in [0, 1), `(*replicas, *shape)`, each replica's from its own."""
        return self._join([torch.rand(tuple(shape), generator=g) for g in self.generators(stream)])

    def permutation(self, stream: Stream, lengths: Sequence[int]) -> list[Tensor]:
        """A permutation for each replica, of that replica's length."""
        pairs = zip(lengths, self.generators(stream), strict=True)
        return [torch.randperm(length, generator=generator) for length, generator in pairs]

    def select(self, selection: Selection) -> None:
        """Keep the chosen replicas; a replica chosen twice gets generators of its own."""
        selection = resolve_selection(selection, self.replicas)
        chosen = [selection] if isinstance(selection, int) else selection
        seeds = self._seed_list()
        for stream, generators in self._generators.items():
            self._generators[stream] = [generators[index].clone_state() for index in chosen]
        self.seeds = (
            seeds[selection]
            if isinstance(selection, int)
            else tuple(seeds[index] for index in selection)
        )

    def state(self) -> dict[str, Tensor]:
        """The generators' states, bytes `(*replicas, n)` by stream."""
        return {
            stream: self._join([generator.get_state() for generator in generators])
            for stream, generators in self._generators.items()
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Continue from a `state()` of as many replicas.

        Raises:
            StateError: for a stream that is missing, or is no state of these generators; nothing
                has been changed then.
        """
        if not isinstance(state, Mapping):
            raise StateError(f"the random state must be tensors by stream, got {state!r}")
        loaded = {stream: self._read(stream, state.get(stream)) for stream in STREAMS}
        for stream, rows in loaded.items():
            for generator, row in zip(self._generators[stream], rows, strict=True):
                generator.set_state(row)

    def _read(self, stream: Stream, state: object) -> list[Tensor]:
        """One stream's states, a row for each replica; each has been tried on a generator."""
        if not isinstance(state, Tensor) or state.shape[:-1] != self.replicas or not state.dim():
            raise StateError(f"the random state has no stream {stream!r} for these replicas")
        # Clones: torch reads a state from the start of its storage, wherever the view begins.
        rows = [row.clone() for row in state.cpu().reshape(len(self._seed_list()), -1)]
        trial = Generator()
        for row in rows:
            try:
                trial.set_state(row)
            except (RuntimeError, TypeError):  # of another length or dtype, or damaged
                raise StateError(
                    f"the random state of stream {stream!r} is damaged, or is not that of a "
                    "torch CPU generator"
                ) from None
        return rows

    def __reduce__(self) -> tuple[Any, ...]:
        # For copy and pickle. Generator's own takes a reference to None away each time, so that
        # Python 3.11 aborts after some thousand copies (pytorch/pytorch#188032).
        return _restore, (self.seeds, self.state())

    def _seed_list(self) -> list[int]:
        return [self.seeds] if isinstance(self.seeds, int) else list(self.seeds)

    def _join(self, tensors: list[Tensor]) -> Tensor:
        return torch.stack(tensors) if self.replicas else tensors[0]


def _restore(seeds: int | Sequence[int], state: dict[str, Tensor]) -> RandomStreams:
    random = RandomStreams(seeds)
    random.load_state(state)
    return random


def _whole_numbers(seeds: object) -> int | tuple[int, ...]:
    plain = seeds.tolist() if hasattr(seeds, "tolist") else seeds  # arrays of torch and numpy
    several = isinstance(plain, Iterable)
    items = list(plain) if isinstance(plain, Iterable) else [plain]
    if not items:
        raise ArgumentError("a population needs at least one seed")
    try:
        whole = [operator.index(item) for item in items]  # type: ignore[arg-type]  # caught
    except TypeError:
        whole = []
    if not whole or any(isinstance(item, bool) for item in items):
        raise ArgumentError(f"a seed must be an integer, got {seeds!r}")
    return tuple(whole) if several else whole[0]


def _generator(seed: int, stream: Stream) -> Generator:
    # Hashed, so that neighbouring seeds and the three streams of one seed share nothing.
    digest = hashlib.blake2b(f"{stream}:{seed}".encode(), digest_size=8).digest()
    return Generator().manual_seed(int.from_bytes(digest, "big") >> 1)
