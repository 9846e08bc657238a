"""What a process that torchrun started reads from its environment, and sets there before torch is imported."""

from __future__ import annotations

import os
from collections.abc import Mapping

NEEDED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
"""What the processes need to find each other."""


def several(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is one of several that torchrun started."""
    return "LOCAL_RANK" in environment and int(environment.get("WORLD_SIZE", "1")) > 1


def leads(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is the only process, or the first of several: it reads the command line; the others follow it."""
    return not several(environment) or environment.get("RANK", "0") == "0"


def of_rank(environment: Mapping[str, str]) -> dict[str, str]:
    """What has to be set besides: a rank sees the one graphics card that is its own, as the first.

    Whatever asks for "the card", in whatever thread, then gets this one.
    """
    local, seen = int(environment.get("LOCAL_RANK", "0")), environment.get("CUDA_VISIBLE_DEVICES")
    if seen is None:
        return {"CUDA_VISIBLE_DEVICES": str(local)}
    cards = [card for card in seen.split(",") if card]
    if len(cards) < 2:  # none, or each rank was given its own already
        return {}
    return {"CUDA_VISIBLE_DEVICES": cards[local] if local < len(cards) else ""}


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
