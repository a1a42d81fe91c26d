"""A small convolutional network reads handwritten digits, on five splits of them at once.

    python examples/digits_convolution.py

Five networks train as one population. Each has a split of its own of scikit-learn's 1797 images of
8 × 8 pixels: 60 % train, 20 % validate, 20 % test, alike in each class. The settings were chosen by
the validation samples; the test samples are read once, at the end.
"""

import torch
from torch import Tensor

import coreframe as cf

SEEDS = range(5)  # one split and one network each
EPOCHS = 40
BATCH_SIZE = 32

NETWORK = [
    "BatchNorm(1)",  # pixels from 0 to 16 become numbers around zero
    "GaussianNoise(0.3)",
    "Conv2d(1, 16, 3, padding=1)",
    "BatchNorm(16)",
    "ReLU",
    "Conv2d(16, 32, 3, padding=1)",
    "BatchNorm(32)",
    "ReLU",
    "MaxPool2d(2)",  # 32 channels of 4 × 4
    "Conv2d(32, 32, 3, padding=1)",
    "BatchNorm(32)",
    "ReLU",
    "MaxPool2d(2)",  # 32 channels of 2 × 2
    "Flatten",
    "Dropout(0.5)",
    "Linear(128, 10)",
]
LOSS = "CrossEntropy"
OPTIMIZER = "AdamW(lr=0.005)"
SCHEDULE = "Cosine(warm_up=0.05)"


def train() -> Tensor:
    """Train a network on each split; gives the test accuracies, one a split."""
    data = cf.create("dataset", "Digits(images=True)", seed=list(SEEDS))
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
