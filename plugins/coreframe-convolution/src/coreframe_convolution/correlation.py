"""Correlation: the product that all convolutions share, with its two gradients.

Images are `(batch, groups · c, height, width)` and the result `(batch, groups · o, …)`; the
weights are `(groups · o, c, *kernel)`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe_convolution.window import Window

__all__ = ["correlate", "spread"]


def correlate(
    x: Tensor, weight: Tensor, bias: Tensor | None, window: Window, groups: int
) -> Tensor:
    """y[b, o, p] = b[o] + Σ w[o, c, k] x[b, c, p · stride + k · dilation − padding]."""
    return torch.conv2d(x, weight, bias, window.stride, window.padding, window.dilation, groups)


def spread(
    y: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    window: Window,
    groups: int,
    *,
    height: int,
    width: int,
) -> Tensor:
    """x[b, c, i] = b[c] + Σ w[o, c, k] y[b, o, p] where i = p · stride + k · dilation − padding.

    The transpose of `correlate`: what it makes of y is the gradient of its input. The stride
    forgets how large that was, so its size is said.
    """
    m, n = window.input_size(*y.shape[2:])
    return torch.conv_transpose2d(
        y,
        weight,
        bias,
        window.stride,
        window.padding,
        (height - m, width - n),
        groups,
        window.dilation,
    )
