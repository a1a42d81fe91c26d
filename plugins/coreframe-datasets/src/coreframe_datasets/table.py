"""Table: a CSV, Parquet or NPZ file of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Literal

import torch
from torch import Generator, Tensor

from coreframe import ArgumentError, Dataset, Example, Module, Selection, TensorSplit
from coreframe_datasets.open_table import open_table
from coreframe_datasets.seeds import Splits, for_each_seed
from coreframe_datasets.stratified import Shares, repeated_rows, stratified_rows
from coreframe_datasets.table_fit import TableFit
from coreframe_datasets.table_roles import roles_of
from coreframe_datasets.table_rows import TableRows, rows_of
from coreframe_datasets.table_target import TableTarget
from coreframe_datasets.targets import targets_of

__all__ = ["Table"]


class Table(Dataset):
    """A CSV, Parquet or NPZ file of one's own.

        Table("iris.csv", "species", standardize=True)
        Table("houses.parquet", "price", features=["area", "rooms"], missing="mean")

    Numbers and booleans are inputs as they are. Text becomes one input for each category that is
    in the file, sorted, `name=value`, of which one is 1. In an NPZ file an array of two axes has
    the columns name.0, name.1 …; its own name stands for all of them.

    A target of text, integers or booleans is classes, sorted, each dealt out to the splits in the
    same shares. One of real numbers, or several columns, are numbers.

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

    Raises:
        ArgumentError: for a file that cannot be read, a column that is not there, a value that
            is refused, naming its row, or shares that leave a split without a sample of each
            class.
    """

    replica_settings = ("seed",)

    train: TensorSplit
    test: TensorSplit

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
    ) -> None:
        shares = Shares("Table", validation, test)
        _expect_one_of("task", task, (None, "classification", "regression"))
        _expect_one_of("missing", missing, ("refuse", "mean"))
        _expect_one_of("repeated", repeated, ("train", "dealt"))
        source = open_table(path)
        wanted, given = roles_of(source, target, features)
        columns = source.read([*given, *wanted])
        goal = TableTarget.of(source, columns[len(given) :], task)
        if one_hot and goal.classes is None:
            raise ArgumentError("Table: one_hot is for classes, and these targets are numbers")
        rows = rows_of(source, columns[: len(given)])
        x = rows.tensor(source, columns[: len(given)], refuse=missing == "refuse")
        labels = torch.zeros(len(x), dtype=torch.int64) if goal.classes is None else goal.values
        targets = goal.values
        if goal.classes is not None:
            targets = targets_of(labels, len(goal.classes), one_hot=one_hot)
        names = [f"class {name!r}" for name in goal.classes or []] or ["a table"]
        # No input is infinite, so that this makes rows equal which miss the same values.
        twice = repeated_rows(x.nan_to_num(nan=torch.inf)) if repeated == "train" else labels < 0
        self._fits: list[TableFit] = []

        def deal(generator: Generator) -> Splits:
            chosen = stratified_rows(twice, labels, shares, generator, names)
            fit = TableFit.on(
                x[chosen["train"]], rows, fill=missing == "mean", standardize=standardize
            )
            self._fits.append(fit)
            return {name: (fit.apply(x[own]), targets[own]) for name, own in chosen.items()}

        splits = for_each_seed("Table", seed, deal)
        self.train, self.test = splits["train"], splits["test"]
        self.validation = splits.get("validation")
        self._rows, self._target, self._classes = rows, wanted, goal.classes

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
        rows, fit = _encoding(encoding)
        source = open_table(path)
        names = source.find(list(rows.columns))
        if names != list(rows.columns):  # an array that had one axis in training
            raise source.fault(f"has columns {names!r} where training had {list(rows.columns)!r}")
        columns = source.read(names, rows.text)
        return fit.apply(rows.tensor(source, columns, refuse=fit.fill is None))

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
