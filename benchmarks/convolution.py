"""A small convolutional network on 8 × 8 images, on one thread: one model, and 20 as one.

Run it on a quiet machine. Ratios within one run are what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

import torch
from ours import Given
from timing import median_ratio, print_target, time_interleaved
from torch import Tensor, nn
from training import LR, MOMENTUM

import coreframe as cf

SAMPLES, REPLICAS, CLASSES, SIDE = 512, 20, 10, 8


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x = torch.rand(SAMPLES, 1, SIDE, SIDE)
    y = torch.eye(CLASSES)[torch.randint(CLASSES, (SAMPLES,))]
    for channels in ((4, 8), (8, 16)):
        for batch in (16, 64):
            compare(channels, x, y, batch)


def compare(channels: tuple[int, int], x: Tensor, y: Tensor, batch: int) -> None:
    """Lone against torch.nn, and a population against as many lone trainings."""
    lone = our_epoch(channels, x, y, batch)
    seconds = time_interleaved(
        {
            "torch.nn": torch_epoch(channels, x, y, batch),
            "one model": lone,
            "population": our_epoch(channels, x, y, batch, range(REPLICAS)),
        }
    )
    print(f"channels 1-{channels[0]}-{channels[1]}, batch {batch}")
    steps = -(-SAMPLES // batch)
    for name, times in seconds.items():
        models = REPLICAS if name == "population" else 1
        print(f"  {name:14s} {1e6 * median(times) / steps / models:8.1f} µs per model and step")
    ours, theirs, several = (seconds[name] for name in ("one model", "torch.nn", "population"))
    print_target("  one model / torch.nn with autograd", median_ratio(ours, theirs), 1.1)
    ratio = median_ratio(several, ours) / REPLICAS
    print_target(f"  {REPLICAS} as a population / {REPLICAS} lone trainings", ratio, 0.7)


def our_epoch(
    channels: tuple[int, int],
    x: Tensor,
    y: Tensor,
    batch: int,
    seeds: Sequence[int] | None = None,
) -> Callable[[], object]:
    """One epoch through the public functions; a population has one replica a seed."""
    first, second = channels
    specs = [
        f"Conv2d(1, {first}, 3, padding=1)",
        "ReLU",
        "MaxPool2d(2)",
        f"Conv2d({first}, {second}, 3, padding=1)",
        "ReLU",
        "MaxPool2d(2)",
        "Flatten",
        f"Linear({4 * second}, {CLASSES})",
    ]
    model = cf.assemble(specs, seed=0 if seeds is None else None, seeds=seeds)
    loss = cf.create("loss", "MSE")
    optimizer = cf.create("optimizer", f"SGD(lr={LR}, momentum={MOMENTUM})", model)
    data = Given(x, y)
    return lambda: cf.train_model(model, data, loss, optimizer, epochs=1, batch_size=batch)


def torch_epoch(
    channels: tuple[int, int], x: Tensor, y: Tensor, batch: int
) -> Callable[[], object]:
    """The same of torch.nn, by autograd and torch.optim.SGD."""
    first, second = channels
    model = nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * second, CLASSES),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    loss = nn.MSELoss()

    def epoch() -> None:
        for indices in torch.randperm(len(x)).split(batch):  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            loss(model(x[indices]), y[indices]).backward()
            optimizer.step()

    return epoch


if __name__ == "__main__":
    main()
