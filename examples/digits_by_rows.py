"""Two gated recurrent units read handwritten digits row by row, on five splits of them at once.

    python examples/digits_by_rows.py

Each image of 8 × 8 pixels is a sequence of eight rows. The first unit gives its state after every
row to the second, whose state after the last row names the digit. Five networks train as one
population, each on a split of its own: 60 % train, 20 % validate, 20 % test, alike in each class.
The settings were chosen by the validation samples; the test samples are read once, at the end.
"""

import torch
from torch import Tensor

import coreframe as cf

SEEDS = range(5)  # one split and one network each
EPOCHS = 40
BATCH_SIZE = 32

NETWORK = [
    "Reshape(8, 8)",  # 64 pixels become eight rows of eight
    "BatchNorm(8)",  # each row of the image by itself
    "GaussianNoise(0.5)",
    "GRU(8, 64)",
    "Dropout(0.3)",
    "GRU(64, 64, last=True)",
    "Dropout(0.3)",
    "Linear(64, 10)",
]
LOSS = "CrossEntropy"
OPTIMIZER = "AdamW(lr=0.005)"
SCHEDULE = "Cosine(warm_up=0.05)"


def train() -> Tensor:
    """Train a network on each split; gives the test accuracies, one a split."""
    data = cf.create("dataset", "Digits", seed=list(SEEDS))
    models = cf.assemble(NETWORK, seeds=SEEDS)
    loss = cf.create("loss", LOSS)
    optimizer = cf.create("optimizer", OPTIMIZER, models)
    schedule = cf.create("schedule", SCHEDULE)
    cf.train_model(
        models, data, loss, optimizer, epochs=EPOCHS, batch_size=BATCH_SIZE, schedule=schedule
    )
    return cf.compute_accuracy(models, data.test, loss)


def main() -> None:
    """Print the test accuracy of each split, their mean and their standard deviation."""
    torch.set_num_threads(1)  # small tensors gain nothing from a second
    accuracies = train()
    for seed, accuracy in zip(SEEDS, accuracies.tolist(), strict=True):
        print(f"split {seed}: {accuracy:.2%}")
    print(f"mean {accuracies.mean():.2%}, standard deviation {accuracies.std():.2%}")


if __name__ == "__main__":
    main()
