"""Chance in training steps: torch's generators follow from the run's seed and the number of the step, never from what came before."""

from __future__ import annotations

import torch


def seed_generators(device: torch.device, seed: int) -> None:
    """The generators of the CPU and of the device follow from seed. (torch.manual_seed seeks every device that torch knows, which
    takes longer than a small step.)"""
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        getattr(torch, device.type).manual_seed(seed)


def mixed(seed: int, step: int) -> int:
    """A seed for torch's generator that follows from both numbers (the finaliser of SplitMix64, Steele et al. 2014)."""
    z = (seed * 0x9E3779B97F4A7C15 + step + 1) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return (z ^ (z >> 31)) >> 1
