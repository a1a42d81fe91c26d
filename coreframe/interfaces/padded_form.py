"""PaddedForm: how layers of different sizes become one of the largest."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PaddedForm"]


class PaddedForm(NamedTuple):
    """The module that pads layers of different sizes, so that they train as one population.

    It takes the arguments of the layer, with the largest of the sizes, and for each size an
    argument that is one number per replica: how much of it that replica uses. Each replica then
    computes what the layer of its own sizes would, and starts from the values that it would draw,
    where elementwise modules and another of its kind follow.

    Attributes:
        module: its name, in the distribution of the layer.
        inputs: the argument that is the number of input features, and the one that says how many
            are used.
        outputs: likewise of the output features.
    """

    module: str
    inputs: tuple[str, str]
    outputs: tuple[str, str]
