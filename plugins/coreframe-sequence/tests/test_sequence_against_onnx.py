"""The recurrent layers against the inputs and outputs that come with the ONNX standard.

Its GRU puts the reset gate before the recurrent product, ours puts it after, as torch's does; both
give the same for the first step, and its other cases are left out. It has no case for attention with
projections, for an embedding of rows, or for positional encodings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from onnx import helper
from torch import Tensor

from coreframe_sequence import GRU, LSTM, RNN

LAYERS: dict[str, type[RNN | GRU | LSTM]] = {"RNN": RNN, "GRU": GRU, "LSTM": LSTM}

GATES = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 2, 3, 1]}
"""Where each of our gates stands in the standard: of r, z, n in zrn, of i, f, g, o in iofg."""

NAMES = [
    "test_gru_batchwise",
    "test_gru_defaults",
    "test_gru_with_initial_bias",
    "test_lstm_batchwise",
    "test_lstm_defaults",
    "test_lstm_reverse",
    "test_lstm_with_initial_bias",
    "test_simple_rnn_batchwise",
    "test_simple_rnn_defaults",
    "test_simple_rnn_reverse",
    "test_simple_rnn_with_initial_bias",
]


@pytest.mark.parametrize("name", NAMES)
def test_standard_agrees(name: str, onnx_cases: Mapping[str, Any]) -> None:
    node = onnx_cases[name].model.graph.node[0]
    settings = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    given, wanted = onnx_cases[name].data_sets[0]
    x, w, u, *biases = (torch.as_tensor(array) for array in given)
    batch_first = bool(settings.get("layout"))
    x = x if batch_first else x.transpose(0, 1)
    if settings.get("direction") == b"reverse":
        x = x.flip(1)
    layer: Any = LAYERS[node.op_type](x.shape[-1], settings["hidden_size"], last=True)
    order = GATES[node.op_type]

    def in_our_order(tensor: Tensor) -> Tensor:
        gates = tensor.chunk(len(order))
        return torch.cat([gates[place] for place in order])

    layer.input_weight.value.copy_(in_our_order(w[0]))
    layer.recurrent_weight.value.copy_(in_our_order(u[0]))
    if biases:
        of_input, of_state = (in_our_order(bias) for bias in biases[0][0].chunk(2))
        if node.op_type == "GRU":  # only the last gate's recurrent bias stays apart
            hidden = settings["hidden_size"]
            layer.recurrent_bias.value.copy_(of_state[2 * hidden :])
            of_state[2 * hidden :] = 0
        layer.bias.value.copy_(of_input + of_state)
    last = torch.as_tensor(wanted[[out for out in node.output if out].index("Y_h")])
    last = last[:, 0] if batch_first else last[0]
    torch.testing.assert_close(layer.forward(x), last, rtol=1e-4, atol=1e-5)
