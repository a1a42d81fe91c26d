"""What a step frees stays with the process, so that the next step need not ask for it."""

import platform
import subprocess
import sys

import pytest
from coreframe_toys import Affine, Descent, Points, SumOfSquares

import coreframe as cf
from coreframe.training.freed_memory import keep_freed_memory

PAGES = 5 * 4 * 2**20 // 4096

FAULTS = """
import resource
import torch
from coreframe.training.freed_memory import keep_freed_memory

def faults_of_a_step():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    kept = [torch.zeros(2**20) for _ in range(5)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

keep_freed_memory()
for _ in range(20):  # the places of the tensors settle
    faults = faults_of_a_step()
print(faults)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_a_later_step_faults_no_pages_in() -> None:
    command = [sys.executable, "-c", FAULTS]
    # Several, since without it one in three happens to keep its memory.
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    faults = [int(process.communicate()[0]) for process in started]
    assert max(faults) < PAGES / 100


def test_a_training_sees_to_it() -> None:
    keep_freed_memory.cache_clear()
    model = Affine(2, 2).initialize(seed=0)
    cf.train_model(model, Points(8), SumOfSquares(), Descent(model, lr=0.01), epochs=1)
    assert keep_freed_memory.cache_info().currsize == 1
