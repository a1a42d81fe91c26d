"""Blocks: how a population is cut, by what a short measurement and the memory say."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
import torch
from coreframe_toys import Descent, Points, SumOfSquares

import coreframe as cf
from coreframe.training.blocks import (
    Population,
    choose_block_size,
    cut_into_blocks,
    fastest,
    measure_block_sizes,
)
from coreframe.training.memory import estimate_memory


def build(block: range) -> Population:
    model = cf.assemble(["Affine(2, 6)", "Square", "Affine(6, 2)"], seeds=block)
    return Population(model, Points(32), SumOfSquares(), Descent(model, 1e-4, momentum=0.5))


@pytest.mark.parametrize("replicas", [1, 2, 7, 100])
@pytest.mark.parametrize("size", [1, 3, 8, 200])
def test_blocks_are_nearly_equal_and_hold_everybody_once(replicas: int, size: int) -> None:
    blocks = cut_into_blocks(replicas, size)
    assert [index for block in blocks for index in block] == list(range(replicas))
    lengths = [len(block) for block in blocks]
    assert max(lengths) <= size
    assert max(lengths) - min(lengths) <= 1
    assert len(blocks) == -(-replicas // size)


def test_sizes_are_measured_by_their_real_training() -> None:
    built: list[int] = []

    def counted(block: range) -> Population:
        built.append(len(block))
        return build(block)

    found = measure_block_sizes(counted, [4, 1, 2], batch_size=8)
    assert built == list(found)
    assert built[:2] == [1, 2]
    assert all(0 < seconds < 1 for seconds in found.values())


def test_of_nearly_equal_sizes_the_largest_is_taken() -> None:
    assert fastest({1: 3.0, 2: 1.0, 4: 1.02, 8: 1.2}) == 4


def test_a_block_fits_into_memory() -> None:
    each = estimate_memory(*build(range(1)), batch_size=8)
    assert choose_block_size(build, 50, 8) <= 50
    assert choose_block_size(build, 50, 8, memory=3.5 * each) <= 3
    with pytest.raises(cf.ArgumentError, match=r"one model takes about .* MiB"):
        choose_block_size(build, 50, 8, memory=each / 2)


def test_memory_grows_with_replicas_and_counts_what_is_known() -> None:
    one, ten = (estimate_memory(*build(range(n)), batch_size=8) for n in (1, 10))
    model, _, _, optimizer = build(range(1))
    tensors = [model.storage.flats[0].value, model.storage.flats[0].grad]
    tensors += [t for state in optimizer.flat_state for t in state.values()]
    samples = 8 * (2 + 2 + 6 + 6 + 2) * 4  # x, y, and what each layer made, of four bytes
    assert one >= sum(tensor.nbytes for tensor in tensors) + samples
    assert one <= sum(tensor.nbytes for tensor in tensors) + 3 * samples
    assert 8 < ten / one <= 10
    assert not len(model.context.saved)


PROGRAM = """
    import pathlib, torch
    from coreframe_toys import Affine, Descent, Points, Square, SumOfSquares
    import coreframe as cf
    from coreframe.training.memory import estimate_memory

    def memory(line):
        status = pathlib.Path("/proc/self/status").read_text()
        return 1024 * int(status.partition(line + ":")[2].split()[0])

    torch.set_num_threads(1)
    layers = [Affine(2, 2048), Square(), Affine(2048, 1024), Square(), Affine(1024, 2)]
    model = cf.Sequential(*layers).initialize(seeds=range(6))
    data, loss = Points(2048), SumOfSquares()
    warm = cf.Sequential(Affine(2, 2)).initialize(seeds=range(6))
    cf.train_model(warm, data, loss, Descent(warm, 1e-9), epochs=1)
    optimizer = Descent(model, 1e-30, momentum=0.5)
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak is taken from now on
    before = memory("VmRSS")
    held = sum(flat.value.nbytes * 3 for flat in model.storage.flats)  # is there already
    cf.train_model(model, data, loss, optimizer, epochs=1, batch_size=1024)
    print(memory("VmHWM") - before + held)
    print(estimate_memory(model, data, loss, optimizer, batch_size=1024))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak")
def test_the_estimate_is_near_what_a_process_takes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    code = f"import sys; sys.path[:0] = {sys.path!r}\n" + dedent(PROGRAM)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    taken, estimated = map(float, done.stdout.split())
    assert taken / 2 < estimated < 2 * taken, (taken, estimated)


def test_measuring_takes_the_mode_as_it_was() -> None:
    population = build(range(2))
    population.model.eval()
    estimate_memory(*population, batch_size=8)
    assert not population.model.training
    assert torch.is_inference_mode_enabled() is False
