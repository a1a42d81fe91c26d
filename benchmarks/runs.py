"""A run beside torch.nn and torch.optim: the same network, first values, batches and order.

Digits by a perceptron, on one thread: accuracy on the test samples, time of the training, and what
progress, metrics and checkpoints add to it.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median, stdev
from time import perf_counter

import torch
from timing import median_ratio, print_target, time_interleaved
from torch import Tensor, nn

import coreframe as cf
from coreframe_runs.run_folder import RunFolder
from coreframe_runs.watchers import BestCheckpoint, Checkpoints, Metrics, ProgressLines

SIZES, EPOCHS, LR, DECAY = (64, 128, 10), 60, 0.003, 0.01
SPLITS = range(5)
BATCH = 10  # a hundred steps an epoch and more


def make(seed: int) -> tuple[cf.Dataset, cf.Module, cf.Optimizer]:
    data = cf.create("dataset", "Digits(standardize=True)", seed=seed)
    specs = [f"Linear({SIZES[0]}, {SIZES[1]})", "ReLU", f"Linear({SIZES[1]}, {SIZES[2]})"]
    model = cf.assemble(specs, seed=seed)
    return data, model, cf.create("optimizer", f"AdamW(lr={LR}, weight_decay={DECAY})", model)


def ours(
    seed: int, watchers: Callable[[], list[object]] = list, *, evaluates: bool = False
) -> float:
    data, model, optimizer = make(seed)
    loss = cf.create("loss", "CrossEntropy")
    logged = ["validation"] if evaluates else []
    cf.train_model(
        model, data, loss, optimizer,
        epochs=EPOCHS, batch_size=BATCH, log=logged, watchers=watchers(),
    )  # fmt: skip
    return float(cf.compute_accuracy(model, data.test, loss))


def theirs(seed: int) -> float:
    """The same by autograd: our first values, and our generator shuffles."""
    data, model, _ = make(seed)
    twin = nn.Sequential(nn.Linear(*SIZES[:2]), nn.ReLU(), nn.Linear(*SIZES[1:]))
    twin.load_state_dict(model.state())
    optimizer = torch.optim.AdamW(twin.parameters(), lr=LR, weight_decay=DECAY)
    measure = nn.CrossEntropyLoss()
    train, test = (split.take(torch.arange(len(split))) for split in (data.train, data.test))
    for _ in range(EPOCHS):
        (order,) = model.random.permutation("order", [len(data.train)])
        for indices in torch.split(order, BATCH):
            optimizer.zero_grad()
            measure(twin(train[0][indices]), train[1][indices]).backward()
            optimizer.step()
    with torch.no_grad():
        right: Tensor = twin(test[0]).argmax(1) == test[1]
    return float(right.float().mean())


def watching(folder: Path, *, checkpoints: bool) -> Callable[[], list[object]]:
    """What a run of the command line watches with; with best epoch and checkpoints, or without."""

    def make_watchers() -> list[object]:
        into = RunFolder(Path(tempfile.mkdtemp(dir=folder)) / "run")
        into.begin("", {})
        stopping = cf.EarlyStopping("validation_loss", None, restore_best=False)
        metrics, best = Metrics(into), BestCheckpoint(into, stopping)
        saving = [stopping, best, Checkpoints(into, 5.0, metrics, best)] if checkpoints else []
        return [metrics, *saving, ProgressLines()]

    return make_watchers


def main() -> None:
    torch.set_num_threads(1)
    accuracies = {"coreframe": [ours(s) for s in SPLITS], "torch.nn": [theirs(s) for s in SPLITS]}
    for name, found in accuracies.items():
        error = stdev(found) / len(found) ** 0.5
        print(f"{name:28s} {100 * mean(found):6.2f} % ± {100 * error:.2f} of the test samples")
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stderr(io.StringIO()):
        figures = watching(Path(name), checkpoints=False)
        everything = watching(Path(name), checkpoints=True)
        start = perf_counter()
        seconds = time_interleaved(
            {
                "torch.nn": lambda: theirs(0),
                "coreframe": lambda: ours(0),
                "coreframe, evaluated": lambda: ours(0, evaluates=True),
                "coreframe, and progress": lambda: ours(0, figures, evaluates=True),
                "coreframe, and checkpoints": lambda: ours(0, everything, evaluates=True),
            }
        )
    print(f"measured in {perf_counter() - start:.0f} s")
    for name, times in seconds.items():
        print(f"{name:28s} {median(times):8.3f} s for {EPOCHS} epochs")
    plain, progress = seconds["coreframe"], seconds["coreframe, and progress"]
    whole = seconds["coreframe, and checkpoints"]
    print_target("a run / torch.nn", median_ratio(whole, seconds["torch.nn"]), 0.7)
    evaluated = seconds["coreframe, evaluated"]
    print_target("progress and metrics / the training", median_ratio(progress, evaluated), 1.03)
    # Whoever has validation samples asks for this: a third of the training samples here, forward.
    share = median_ratio(evaluated, plain)
    print(f"the evaluation of validation samples after each epoch {share:.3f} of the training")
    print(f"the best epoch and checkpoints {median(whole) - median(progress):.3f} s in all")


if __name__ == "__main__":
    main()
