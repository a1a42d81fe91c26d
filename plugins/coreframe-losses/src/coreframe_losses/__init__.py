"""Loss functions."""

from coreframe_losses.binary_cross_entropy import BinaryCrossEntropy
from coreframe_losses.cross_entropy import CrossEntropy
from coreframe_losses.huber import Huber
from coreframe_losses.kl_divergence import KLDivergence
from coreframe_losses.mae import MAE
from coreframe_losses.mse import MSE
from coreframe_losses.nll import NLL

__all__ = ["MAE", "MSE", "NLL", "BinaryCrossEntropy", "CrossEntropy", "Huber", "KLDivergence"]
