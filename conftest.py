"""Settings of every test run, of the core and of each plugin."""

import torch

# Small tensors gain nothing from a second thread, and wait a hundred times longer for it when
# the machine is busy with something else.
torch.set_num_threads(1)
