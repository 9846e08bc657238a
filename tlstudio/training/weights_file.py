"""A network's weights as a safetensors file with a checksum, so that a byte that a failing disk changed does not pass for a weight."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from tlstudio.errors import StudioError

_CHECKSUM = "crc32"  # CRC-32 finds every run of up to 32 changed bits, and any other damage but for 1 in 4e9; BLAKE2b takes 6 times as long


def packed(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """The file's bytes: the tensors, copied to the CPU where they lie elsewhere, and texts for the header."""
    state = _unshared({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    return save(state, {**metadata, _CHECKSUM: _checksum(state, metadata)})


def unpacked(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The texts of the header and the tensors, in memory of their own. A file without a checksum (of an older version) is taken as it is.

    Raises StudioError for a file that is gone, cannot be read, or holds other bytes than were written.
    """
    try:
        with safe_open(path, "pt") as file:
            # Copies: views would hold the file open, and Windows lets no new one take its place then.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - no mapping
            metadata = dict(file.metadata() or {})
    except (OSError, SafetensorError, ValueError) as error:
        raise StudioError(f"The weights {path} cannot be read", "the file is damaged or gone", "Train again", details=str(error)) from None
    said = metadata.pop(_CHECKSUM, None)
    if said is not None and said != _checksum(tensors, metadata):
        raise StudioError(
            f"The weights {path} are damaged",
            "what is in the file is not what was written, the disk may be failing",
            "Bring the file back from a copy, or train again",
        )
    return metadata, tensors


def _checksum(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    out = zlib.crc32(json.dumps(sorted(metadata.items())).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        out = zlib.crc32(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode(), out)
        out = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, out)
    return f"{out:08x}"


def _unshared(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """safetensors stores no tensor twice: names of one memory get memories of their own."""
    seen: set[int] = set()
    out = {}
    for name, tensor in state.items():
        out[name] = tensor.clone() if tensor.data_ptr() in seen and tensor.numel() else tensor
        seen.add(tensor.data_ptr())
    return out
