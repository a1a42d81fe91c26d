"""Activation functions."""

from coreframe_activations.elu import ELU
from coreframe_activations.gelu import GELU
from coreframe_activations.hardtanh import HardTanh
from coreframe_activations.leaky_relu import LeakyReLU
from coreframe_activations.log_softmax import LogSoftmax
from coreframe_activations.relu import ReLU
from coreframe_activations.selu import SELU
from coreframe_activations.sigmoid import Sigmoid
from coreframe_activations.silu import SiLU
from coreframe_activations.softmax import Softmax
from coreframe_activations.softplus import Softplus
from coreframe_activations.softsign import Softsign
from coreframe_activations.tanh import Tanh

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "HardTanh",
    "LeakyReLU",
    "LogSoftmax",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
]
