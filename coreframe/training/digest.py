"""Digest: a checkpoint's fingerprint, by which an altered file is known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from ctypes import c_char

from torch import Tensor

__all__ = ["digest"]


def digest(manifest: str, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of the manifest and of each tensor's name, dtype, shape and bytes, in hexadecimal."""
    hashed = hashlib.sha256(manifest.encode())
    for name in sorted(tensors):
        tensor = tensors[name].cpu().contiguous()
        hashed.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        if tensor.nbytes:  # the bytes where they are, without a copy of a large model
            hashed.update((c_char * tensor.nbytes).from_address(tensor.data_ptr()))
    return hashed.hexdigest()
