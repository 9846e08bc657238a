"""How much may be kept, and from when on it is worth it."""

from __future__ import annotations

import psutil
import torch

from tlstudio.training.distributed import ranks

MEMORY = 4 << 30  # bytes of kept outputs at most, and a quarter of the memory that is free
_SHARE_OF_MEMORY = 0.25
# So many multiply-adds have to be saved before a network is cut, which takes a second or a few: some seconds of two processor cores.
WORTH = {"cpu": 1e11, "": 5e13}
LEAST_SHARE = 0.15  # of the forward pass that lies in front of the cut


def worth(multiply_adds: float, device: torch.device) -> bool:
    """Whether to save so many is worth cutting a network."""
    return multiply_adds >= WORTH["cpu" if device.type == "cpu" else ""]


def room(device: torch.device) -> int:
    """Bytes that may be kept in the memory of that device: of the card, or of the computer."""
    free = _free_on_card(device) if device.type == "cuda" else psutil.virtual_memory().available
    sharing = 1 if device.type == "cuda" else ranks().local_size  # each has a card, but they share the memory
    return min(MEMORY, int(free * _SHARE_OF_MEMORY)) // sharing


def _free_on_card(device: torch.device) -> int:
    """What the card has left for others, and what torch has of it without using it now."""
    return torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
