"""The large product: where it is used, it gives what the plain one gives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from coreframe_linear import Linear, onednn

# Multiplications at, above and far above the bound; layers narrower on either side.
SHAPES = [(32, 256, 256), (256, 128, 64), (300, 100, 200), (256, 1024, 10), (64, 3, 20_000)]
needs_onednn = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(),  # type: ignore[no-untyped-call]  # torch's
    reason="this build of torch has no oneDNN",
)


def one_step(dtype: torch.dtype, rows: int, in_size: int, out_size: int) -> list[Tensor]:
    """Output, input gradient and parameter gradients of two accumulated passes."""
    generator = torch.Generator().manual_seed(0)
    layer = Linear(in_size, out_size).initialize(seed=1, dtype=dtype)
    for _ in range(2):
        x = torch.randn(rows, in_size, generator=generator).to(dtype)
        dy = torch.randn(rows, out_size, generator=generator).to(dtype)
        y = layer.forward(x)
        dx = layer.backward(dy)
    return [tensor.double() for tensor in (y, dx, layer.weight.grad, layer.bias.grad)]


@needs_onednn
@pytest.mark.parametrize("shape", SHAPES)
def test_it_gives_what_the_plain_product_gives(
    shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, ...]] = []
    plain = onednn.linear

    def counted(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        calls.append(tuple(x.shape))
        return plain(x, weight, bias)

    monkeypatch.setattr(onednn, "linear", counted)
    with torch.inference_mode():
        found = one_step(torch.float32, *shape)
        used = len(calls)
        wanted = one_step(torch.float64, *shape)
    assert used > 0
    assert len(calls) == used, "float64 must not go there"
    for got, want in zip(found, wanted, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4 * float(want.std()))


@needs_onednn
def test_it_serves_large_products_of_inference_mode_alone() -> None:
    large = torch.zeros(256, 256)
    assert not onednn.serves(large, 256), "autograd could not follow it there"
    with torch.inference_mode():
        assert onednn.serves(large, 256)
        assert not onednn.serves(large, 16)
        assert not onednn.serves(large.double(), 256)
        assert not onednn.serves(torch.zeros(1, 4096), 4096)


@needs_onednn
@pytest.mark.filterwarnings("ignore:TF32 acceleration:UserWarning")  # of torch's `flags`
def test_who_switches_onednn_off_gets_the_plain_product() -> None:
    large = torch.zeros(256, 256)
    with torch.inference_mode():
        assert onednn.serves(large, 256)
        with torch.backends.mkldnn.flags(enabled=False):
            assert not onednn.serves(large, 256)
        assert onednn.serves(large, 256)


def test_autograd_can_follow_a_large_layer() -> None:
    layer = Linear(256, 256).initialize(seed=0)
    x = torch.randn(256, 256, generator=torch.Generator().manual_seed(0)).requires_grad_()
    y = layer.forward(x)
    y.sum().backward()  # type: ignore[no-untyped-call]  # torch's
    assert x.grad is not None
    with torch.no_grad():
        torch.testing.assert_close(x.grad, layer.backward(torch.ones_like(y)))
