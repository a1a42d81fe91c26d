"""Digest: a checkpoint's fingerprint, by which an altered file is known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor

__all__ = ["digest"]


def digest(manifest: str, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of the manifest and of each tensor's name, dtype, shape and bytes, in hexadecimal."""
    hashed = hashlib.sha256(manifest.encode())
    for name in sorted(tensors):
        tensor = tensors[name].cpu()
        hashed.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        # A clone's memory is dense, also where a number was expanded.
        dense = tensor.flatten().clone(memory_format=torch.contiguous_format)
        hashed.update(dense.view(torch.uint8).numpy().data)
    return hashed.hexdigest()
