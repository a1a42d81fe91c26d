"""Normalization layers."""

from coreframe_normalization.batch_norm import BatchNorm
from coreframe_normalization.group_norm import GroupNorm
from coreframe_normalization.layer_norm import LayerNorm
from coreframe_normalization.rms_norm import RMSNorm

__all__ = ["BatchNorm", "GroupNorm", "LayerNorm", "RMSNorm"]
