"""A lone attention block, forward and backward, against torch.nn with autograd, on one thread."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import torch
from timing import median_ratio, print_target, time_interleaved
from torch import Tensor, nn

import coreframe as cf

BATCH, LENGTH, SIZE, HEADS = 16, 64, 128, 4
STEPS = 20


def torch_steps(x: Tensor, dy: Tensor) -> Callable[[], None]:
    block = nn.MultiheadAttention(SIZE, HEADS, batch_first=True)
    leaf = x.clone().requires_grad_()

    def steps() -> None:
        for _ in range(STEPS):
            block.zero_grad()
            leaf.grad = None
            block(leaf, leaf, leaf, need_weights=False)[0].backward(dy)

    return steps


def coreframe_steps(x: Tensor, dy: Tensor) -> Callable[[], None]:
    block = cf.create("module", f"MultiHeadAttention({SIZE}, {HEADS})").initialize(seed=0)

    def steps() -> None:
        with torch.inference_mode():
            for _ in range(STEPS):
                block.zero_grad()
                block.forward(x)
                block.backward(dy)

    return steps


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, dy = torch.randn(2, BATCH, LENGTH, SIZE)
    seconds = time_interleaved({"torch.nn": torch_steps(x, dy), "ours": coreframe_steps(x, dy)})
    for name, times in seconds.items():
        print(f"{name:10s} {1e3 * median(times) / STEPS:8.3f} ms per forward and backward")
    ratio = median_ratio(seconds["ours"], seconds["torch.nn"])
    print_target("attention / torch.nn.MultiheadAttention", ratio, 1.2)


if __name__ == "__main__":
    main()
