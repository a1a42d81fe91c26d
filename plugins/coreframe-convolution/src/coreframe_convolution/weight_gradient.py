"""The weights' gradient of a convolution, each computed the way that is fast for its shape.

y[b, o, p] = Σ w[o, c, k] x[b, c, p · stride + k · dilation − padding], so
dw[o, c, k] = Σ over b and p of dy[b, o, p] x[b, c, p · stride + k · dilation − padding].
The sum runs over positions as a convolution does, with dy for a kernel. So it is a convolution
of x with dy in which batch and channels are exchanged, as are stride and dilation. It makes no
copy of the patches, but has kernels as large as the image. While the patches stay in the cache,
a product of matrices is faster.
"""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe_convolution.window import Window

__all__ = ["add_gradients", "weight_gradient"]

CACHED = 2**17  # numbers in all patches, up to which they are faster
LARGE_IMAGE = 64 * 64  # positions from which the other way is slow
ROOM = 2**22  # numbers in all patches that memory can be spent on


def weight_gradient(x: Tensor, dy: Tensor, window: Window, groups: int) -> Tensor:
    """`(batch, groups · c, …)` and `(batch, groups · o, …)` give `(groups · o, c, *kernel)`."""
    positions = dy.shape[2] * dy.shape[3]
    numbers = x.shape[0] * x.shape[1] * positions * window.size[0] * window.size[1]
    few = numbers <= CACHED or (positions > LARGE_IMAGE and numbers <= ROOM)
    if few or window.size == (1, 1):
        return _by_patches(x, dy, window, groups)
    return _by_convolution(x, dy, window, groups)


def _by_patches(x: Tensor, dy: Tensor, window: Window, groups: int) -> Tensor:
    batch, channels = x.shape[0], x.shape[1] // groups
    out, height, width = dy.shape[1] // groups, *dy.shape[2:]
    (m, n), (s, t), (p, q), (d, e) = window
    if p or q:
        x = torch.constant_pad_nd(x, (q, q, p, p))
    a, b, row, column = x.stride()
    patches = x.as_strided(
        (batch, groups, channels, m, n, height, width),
        (a, channels * b, b, d * row, e * column, s * row, t * column),
    ).reshape(batch * groups, channels * m * n, height * width)
    products = torch.bmm(dy.reshape(batch * groups, out, height * width), patches.mT)
    return products.view(batch, groups * out, channels, m, n).sum(0)


def _by_convolution(x: Tensor, dy: Tensor, window: Window, groups: int) -> Tensor:
    batch, channels = x.shape[0], x.shape[1] // groups
    (m, n), stride, padding, dilation = window
    exchanged = x.view(batch, groups, channels, *x.shape[2:]).permute(2, 1, 0, 3, 4)
    dw = torch.conv2d(
        exchanged.reshape(channels, groups * batch, *x.shape[2:]),
        dy.transpose(0, 1),
        stride=dilation,
        padding=padding,
        dilation=stride,
        groups=groups,
    )
    # Where the stride left a rest of the image unread, there are more positions than weights.
    return dw[:, :, :m, :n].transpose(0, 1)


def add_gradients(
    x: Tensor, dy: Tensor, window: Window, groups: int, weight: Tensor, bias: Tensor | None
) -> None:
    """Add both gradients of a convolution's parameters to these, of whatever shape they are."""
    weight.add_(weight_gradient(x, dy, window, groups).reshape(weight.shape))
    if bias is not None:
        bias.add_(dy.sum((0, 2, 3)).view(bias.shape))
