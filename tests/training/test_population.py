"""A population's replica is the lone model of its seed, to rounding.

In double precision the two agree to ten digits over a few epochs; in single precision to four.
Bit-identity is not promised: a batched product rounds otherwise than a single one.
"""

from functools import partial
from typing import Any

import pytest
import torch
from coreframe_toys import Points

import coreframe as cf

SEEDS = [11, 12, 13, 11]
NETWORKS = [
    ["Affine(2, 2)"],
    ["Affine(2, 7)", "Square", "Affine(7, 2)"],
    ["Affine(2, 3)", "Noise", "Affine(3, 3)", "RunningMean(3)", "Affine(3, 2)"],
    [
        "Affine(2, 4, gain=0.5)",
        "Sequential(Square, Affine(4, 4, gain=0.5))",
        "Square",
        "Affine(4, 2)",
    ],
]


def train(specs: list[str], optimizer: str, dtype: torch.dtype, **how: Any) -> Any:
    seeding = {name: how.pop(name) for name in ("seed", "seeds") if name in how}
    model = cf.assemble(specs, dtype=dtype, **seeding)
    loss = cf.create("loss", "MeanOfSquares")
    made = cf.create("optimizer", optimizer, model)
    history = cf.train_model(model, Points(37), loss, made, log=True, epochs=4, **how)
    return model, made, history


@pytest.mark.parametrize("specs", NETWORKS)
@pytest.mark.parametrize("batch_size", [1, 5, 16, 37, 64])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
def test_every_replica_gives_the_figures_of_its_lone_run(
    specs: list[str], batch_size: int, dtype: torch.dtype, tolerance: float
) -> None:
    spec = "Descent(lr=0.003, momentum=0.5)"
    model, optimizer, history = train(specs, spec, dtype, seeds=SEEDS, batch_size=batch_size)
    assert history.loss.isfinite().all()
    close = partial(torch.testing.assert_close, rtol=tolerance, atol=tolerance)
    for replica, seed in enumerate(SEEDS):
        lone, its, alone = train(specs, spec, dtype, seed=seed, batch_size=batch_size)
        for name in ("loss", "train_loss", "test_loss"):
            values = getattr(history, name)
            close(values[:, replica], getattr(alone, name))
        for name, value in lone.state().items():
            close(model.state()[name][replica], value)
        for name, value in its.state().items():
            mine = optimizer.state()[name]
            close(mine[replica] if mine.dim() else mine, value)
        random = model.random.state()
        for stream, value in lone.random.state().items():
            assert torch.equal(random[stream][replica], value)


def test_replicas_of_one_seed_are_equal_bit_for_bit() -> None:
    _, _, history = train(NETWORKS[1], "Descent(lr=0.01)", torch.float32, seeds=SEEDS)
    assert torch.equal(history.loss[:, 0], history.loss[:, 3])
    assert not torch.equal(history.loss[:, 0], history.loss[:, 1])


def test_replicas_do_not_touch_each_other() -> None:
    """One that diverges to NaN leaves its neighbours as they are, bit for bit."""
    rates = [0.01, 0.01, 0.01, 0.01]
    _, _, calm = train(NETWORKS[1], f"Descent(lr={rates})", torch.float32, seeds=SEEDS)
    assert calm.loss.isfinite().all()
    rates[1] = 1e6
    _, _, wild = train(NETWORKS[1], f"Descent(lr={rates})", torch.float32, seeds=SEEDS)
    assert not wild.loss[-1, 1].isfinite()
    assert torch.equal(wild.loss[:, [0, 2, 3]], calm.loss[:, [0, 2, 3]])


def test_each_replica_may_have_settings_of_its_own() -> None:
    settings = [(0.001, 0.0, 0.5), (0.003, 0.5, 1.0), (0.002, 0.9, 0.7)]
    rates, momenta, gains = ([row[i] for row in settings] for i in range(3))
    specs = [f"Affine(2, 5, gain={gains})", "Square", f"Affine(5, 2, gain={gains})"]
    optimizer = f"Descent(lr={rates}, momentum={momenta})"
    _, _, history = train(specs, optimizer, torch.float64, seeds=[1, 2, 3])
    for replica, (rate, momentum, gain) in enumerate(settings):
        lone = [f"Affine(2, 5, gain={gain})", "Square", f"Affine(5, 2, gain={gain})"]
        _, _, alone = train(
            lone, f"Descent(lr={rate}, momentum={momentum})", torch.float64, seed=replica + 1
        )
        torch.testing.assert_close(history.loss[:, replica], alone.loss, rtol=1e-10, atol=1e-10)
