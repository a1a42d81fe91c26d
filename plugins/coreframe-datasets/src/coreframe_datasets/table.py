"""Table: a CSV, Parquet or NPZ file of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Literal

from torch import Tensor

from coreframe import ArgumentError, Dataset, Example, Module, Selection
from coreframe_datasets.memory import memory_limit
from coreframe_datasets.open_table import open_table
from coreframe_datasets.stratified import Shares
from coreframe_datasets.table_fit import TableFit
from coreframe_datasets.table_roles import roles_of
from coreframe_datasets.table_rows import TableRows
from coreframe_datasets.table_source import TableSource
from coreframe_datasets.table_splits import TableSettings, loaded_splits, streamed_splits

__all__ = ["Table"]

MUCH = 0.5  # of the memory there is: a file that takes more is streamed


class Table(Dataset):
    """A CSV, Parquet or NPZ file of one's own.

        Table("iris.csv", "species", standardize=True)
        Table("houses.parquet", "price", features=["area", "rooms"], missing="mean")

    Numbers and booleans are inputs as they are. Text becomes one input for each category that is
    in the file, sorted, `name=value`, of which one is 1. In an NPZ file an array of two axes has
    the columns name.0, name.1 …; its own name stands for all of them.

    A target of text, integers or booleans is classes, sorted, each dealt out to the splits in the
    same shares. One of real numbers, or several columns, are numbers.

    A file that would take more than half of the memory is streamed: a part after another becomes rows
    on the disk, in `~/.cache/coreframe` or the folder that COREFRAME_CACHE names, and from there
    samples are taken. The splits hold the same samples, but have no `input` and `target`.

    Missing are empty values, nulls and NaN, and in CSV what stands for them, such as NA.

    Shapes: input (*replicas, samples, n), target (*replicas, samples) of class indices,
    (*replicas, samples, classes) one-hot, or (*replicas, samples, columns) of numbers, in `train`,
    `validation` and `test`.

    Args:
        path: the file; its suffix, .csv, .parquet or .npz, says how it is read.
        target: the column to predict, or several.
        features: the columns of the inputs, in this order; all others if left out.
        task: what targets are, if not what the columns look like.
        validation: share of each class for validation; 0 for a dataset without.
        test: share of each class for testing. The rest trains.
        one_hot: whether classes are one-hot rows, as MSE takes them, instead of class indices.
        standardize: subtract the mean and divide by the standard deviation of the training
            samples, per input, in all splits; an input that is constant becomes zero there.
        missing: whether missing values are an error, or become the mean of the training samples,
            of text the most frequent category. Those of the target are always an error.
        repeated: where rows of equal inputs go that are there more than once: all `train`, so
            that none stands in two splits, or are `dealt` out like all others.
        seed: of the splits; a sequence of seeds deals each replica splits of its own.
        stream: whether the file is streamed, if not by its size.

    Raises:
        ArgumentError: for a file that cannot be read, a column that is not there, a value that
            is refused, naming its row, or shares that leave a split without a sample of each
            class.
    """

    replica_settings = ("seed",)

    def __init__(
        self,
        path: str,
        target: str | Sequence[str],
        *,
        features: str | Sequence[str] | None = None,
        task: Literal["classification", "regression"] | None = None,
        validation: float = 0.2,
        test: float = 0.2,
        one_hot: bool = False,
        standardize: bool = False,
        missing: Literal["refuse", "mean"] = "refuse",
        repeated: Literal["train", "dealt"] = "train",
        seed: int | Sequence[int] = 0,
        stream: bool | None = None,
    ) -> None:
        shares = Shares("Table", validation, test)
        _expect_one_of("task", task, (None, "classification", "regression"))
        _expect_one_of("missing", missing, ("refuse", "mean"))
        _expect_one_of("repeated", repeated, ("train", "dealt"))
        if stream not in (None, False, True):
            raise ArgumentError(f"Table: stream must be true, false or None, got {stream!r}")
        settings = TableSettings(
            shares, task, one_hot, standardize, missing == "mean", repeated == "train", seed
        )
        source = open_table(path)
        wanted, given = roles_of(source, target, features)
        streamed = _is_large(source) if stream is None else stream
        try:
            deal = streamed_splits if streamed else loaded_splits
            found = deal(source, given, wanted, settings)
        except MemoryError:
            hint = "" if streamed else "; stream=True reads a part of it at a time"
            raise source.fault(f"takes more memory than there is{hint}") from None
        self.train, self.test = found.splits["train"], found.splits["test"]
        self.validation = found.splits.get("validation")
        self._rows, self._fits, self._classes = found.rows, found.fits, found.classes
        self._target = wanted

    @property
    def fitted_by(self) -> str:
        by = {
            'missing="mean"': self.arguments.get("missing") == "mean",
            "standardize=True": bool(self.arguments.get("standardize")),
        }
        return " and ".join(argument for argument, given in by.items() if given)

    def encoding(self) -> dict[str, Any]:
        """How the rows of the file become inputs, and what the classes are called.

        Raises:
            ArgumentError: if each replica has an encoding of its own.
        """
        first, *others = self._fits
        if any(other != first for other in others):
            raise ArgumentError(
                "Table: each replica has an encoding of its own, fitted on its own training "
                "samples; select one"
            )
        classes = {} if self._classes is None else {"classes": list(self._classes)}
        return {
            **self._rows.to_json(),
            **first.to_json(),
            "target": list(self._target),
            **classes,
        }

    @classmethod
    def read_inputs(cls, encoding: Mapping[str, Any], path: str) -> Tensor:
        """Inputs (samples, n) of a file that has the columns of the features.

        Raises:
            ArgumentError: for a file that cannot be read, or a value that training could not
                have had, naming its row.
        """
        source, rows, fit = _reader(encoding, path)
        columns = source.read(list(rows.columns), rows.text)
        return fit.apply(rows.tensor(source, columns, refuse=fit.fill is None))

    @classmethod
    def stream_inputs(cls, encoding: Mapping[str, Any], path: str) -> Iterator[Tensor]:
        source, rows, fit = _reader(encoding, path)
        for start, columns in source.stream(list(rows.columns), rows.text):
            x = rows.tensor(source, columns, refuse=fit.fill is None, start=start)
            yield fit.apply(x)

    @classmethod
    def input_layer(cls, encoding: Mapping[str, Any]) -> Module | None:
        _, fit = _encoding(encoding)
        return fit.layer()

    def select_settings(self, replicas: Selection) -> None:
        super().select_settings(replicas)
        chosen = [replicas] if isinstance(replicas, int) else replicas
        self._fits = [self._fits[replica] for replica in chosen]

    @classmethod
    def examples(cls) -> list[Example]:
        path = str(files("coreframe_datasets") / "fruits.csv")  # invented; sugar has gaps
        known = ["weight", "length", "colour", "organic"]
        return [
            Example(cls(path, "fruit", features=known, one_hot=True)),
            Example(cls(path, "fruit", missing="mean", standardize=True, one_hot=True, seed=3)),
            Example(cls(path, "length", missing="mean", validation=0.0, seed=[1, 2])),
            Example(
                cls(path, ["weight", "length"], features=["colour", "fruit"], repeated="dealt")
            ),
        ]


def _encoding(encoding: Mapping[str, Any]) -> tuple[TableRows, TableFit]:
    try:
        rows = TableRows.from_json(encoding)
        return rows, TableFit.from_json(encoding, len(rows.inputs))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ArgumentError(f"Table: this is no encoding of a table: {encoding!r}") from None


def _expect_one_of(name: str, value: object, choices: Sequence[str | None]) -> None:
    if value not in choices:
        known = ", ".join(repr(choice) for choice in choices)
        raise ArgumentError(f"Table: {name} must be one of {known}, got {value!r}")


def _is_large(source: TableSource) -> bool:
    limit = memory_limit()
    return limit is not None and source.memory > MUCH * limit


def _reader(encoding: Mapping[str, Any], path: str) -> tuple[TableSource, TableRows, TableFit]:
    """A file of further rows, and how they become inputs."""
    rows, fit = _encoding(encoding)
    source = open_table(path)
    names = source.find(list(rows.columns))
    if names != list(rows.columns):  # an array that had one axis in training
        raise source.fault(f"has columns {names!r} where training had {list(rows.columns)!r}")
    return source, rows, fit
