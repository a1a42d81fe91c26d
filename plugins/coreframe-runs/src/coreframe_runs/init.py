"""The command `coreframe init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import coreframe as cf

__all__ = ["init"]

EXAMPLE = """\
# A run: `coreframe train {name}` does what stands here.
# `coreframe list-components` shows what may be named, `coreframe show NAME` its arguments.

[data]
name = "Digits"            # or a file of your own:
validation = 0.2           #   name = "Table"
test = 0.2                 #   path = "data.csv"
                           #   target = "species"
[model]
layers = [
    "Flatten",
    "Standardize(64)",     # fitted on the training samples, and kept with the model
    "Linear(64, 128)",
    "ReLU",
    "Linear(128, 10)",
]

[loss]
name = "CrossEntropy"

[optimizer]
name = "AdamW"
lr = 0.003                 # every argument of the component may stand here
weight_decay = 0.01

[schedule]                 # this section may be left out
name = "Cosine"

[run]
epochs = 60
batch_size = 64
seed = 0
# replicas = 5             # so many models together, an ensemble
# accumulate = 1           # batches per update
# clip_norm = 1.0          # the largest norm of the gradients; 0 for any
# patience = 10            # end after so many epochs without a better monitor; 0 for never
# monitor = "validation_loss"
# device = "cpu"           # or "cuda"; of these three, `coreframe train --device cuda`,
# dtype = "float32"        #   `--dtype float64` and `--threads 2` stand in place of what is here
# threads = 0              #   (0 for what torch takes)
# checkpoint_seconds = 5.0
"""


def init(
    file: Annotated[Path, typer.Argument(metavar="RUN.toml", help="A new file.")] = Path(
        "run.toml"
    ),
) -> None:
    """Write a run file with comments, to begin with."""
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(EXAMPLE.format(name=file))
    except FileExistsError:
        raise cf.ArgumentError(f"{file} exists, and nothing is overwritten") from None
    except OSError as error:
        raise cf.ArgumentError(f"{file} cannot be written: {error}") from error
    typer.echo(f"{file} is written; coreframe train {file} runs it")
