"""AdamW on a perceptron, 64-256-256-10, batch 64, on one thread, against torch's fastest AdamW.

Both sides take the same steps: linear layers, ReLU, the mean square, and a decay of all weights.
The optimizer alone is timed, too: torch's by its three ways on the tensors of the network, ours
on the flat, lone and as a population, which takes the plain kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

import torch
from ours import Given
from timing import median_ratio, print_target, time_interleaved
from torch import Tensor, nn

import coreframe as cf

SIZES = (64, 256, 256, 10)
SAMPLES, BATCH = 2048, 64
LR, DECAY = 1e-3, 0.01
WAYS = {"for each": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}
STEPS = 20


def torch_model() -> nn.Sequential:
    layers: list[nn.Module] = []
    for in_size, out_size in pairwise(SIZES):
        layers += [nn.Linear(in_size, out_size), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def torch_epoch(x: Tensor, y: Tensor, way: dict[str, bool]) -> Callable[[], None]:
    model = torch_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=DECAY, **way)  # type: ignore[arg-type]
    loss = nn.MSELoss()

    def epoch() -> None:
        for indices in torch.randperm(len(x)).split(BATCH):  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            loss(model(x[indices]), y[indices]).backward()
            optimizer.step()

    return epoch


def our_model(seeds: Sequence[int] | None = None) -> cf.Module:
    specs: list[str] = []
    for in_size, out_size in pairwise(SIZES):
        specs += [f"Linear({in_size}, {out_size})", "ReLU"]
    return cf.assemble(specs[:-1], seed=0 if seeds is None else None, seeds=seeds)


def our_optimizer(model: cf.Module) -> cf.Optimizer:
    return cf.create("optimizer", f"AdamW(lr={LR}, weight_decay={DECAY})", model)


def our_epoch(x: Tensor, y: Tensor) -> Callable[[], object]:
    model, loss, data = our_model(), cf.create("loss", "MSE"), Given(x, y)
    optimizer = our_optimizer(model)
    return lambda: cf.train_model(model, data, loss, optimizer, epochs=1, batch_size=BATCH)


def torch_steps(way: dict[str, bool]) -> Callable[[], None]:
    model = torch_model()
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=DECAY, **way)  # type: ignore[arg-type]

    def steps() -> None:
        for _ in range(STEPS):
            optimizer.step()

    return steps


def our_steps(seeds: Sequence[int] | None = None) -> Callable[[], None]:
    model = our_model(seeds)
    optimizer = our_optimizer(model)
    for parameter in model.param():
        parameter.grad.normal_()

    def steps() -> None:
        with torch.inference_mode():
            for _ in range(STEPS):
                optimizer.step()

    return steps


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = torch.randn(SAMPLES, SIZES[0]), torch.randn(SAMPLES, SIZES[-1])
    rivals: dict[str, Callable[[], object]] = {"coreframe": our_epoch(x, y)}
    rivals |= {f"torch.nn, {name}": torch_epoch(x, y, way) for name, way in WAYS.items()}
    alone: dict[str, Callable[[], object]] = {"coreframe, lone": our_steps()}
    alone |= {"coreframe, a population of 1": our_steps([0])}
    alone |= {f"torch.optim, {name}": torch_steps(way) for name, way in WAYS.items()}
    seconds, steps = time_interleaved(rivals), time_interleaved(alone)
    for name, times in seconds.items():
        print(f"{name:32s} {1e6 * median(times) * BATCH / SAMPLES:8.1f} µs per step")
    for name, times in steps.items():
        print(f"{name:32s} {1e6 * median(times) / STEPS:8.1f} µs per step of the optimizer alone")
    best = min((name for name in seconds if "torch" in name), key=lambda n: median(seconds[n]))
    ratio = median_ratio(seconds["coreframe"], seconds[best])
    print_target(f"64-256-256-10 with AdamW, time / {best}", ratio, 0.8)


if __name__ == "__main__":
    main()
