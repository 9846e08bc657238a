"""Arithmetic in 16 bits where the device gains from it (mixed precision, Micikevicius et al., 2018): weights, gradients, averages and
losses stay float32; convolutions and matrix products take bfloat16 or float16.

On a CPU without instructions for bfloat16 a step takes hundreds of times as long as in float32, so that there it is never tried.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

NAMES = {"float32": None, "bfloat16": torch.bfloat16, "float16": torch.float16}
_CPUINFO = Path("/proc/cpuinfo")
_TENSOR_CORES = (7, 0)  # compute capability from which CUDA devices multiply float16 faster


class Precision:
    """How a training step computes. name: float32, bfloat16 or float16.

    scaler: keeps small gradients above float16's smallest number; None for the others, whose exponents reach as far as float32's.
    """

    def __init__(self, device: torch.device, name: str = "float32") -> None:
        self.name, self._device, self._dtype = name, device, NAMES[name]
        self.scaler = torch.amp.GradScaler(device.type) if name == "float16" else None

    def autocast(self) -> AbstractContextManager[Any]:
        """Inside, operations that gain from it compute in 16 bits. For forward passes."""
        return torch.autocast(self._device.type, self._dtype) if self._dtype is not None else nullcontext()

    def backward(self, loss: Tensor) -> None:
        (self.scaler.scale(loss) if self.scaler is not None else loss).backward()  # type: ignore[no-untyped-call]

    def step(self, optimizer: torch.optim.Optimizer, learning: Sequence[Tensor], clip_norm: float) -> None:
        """Move the weights. clip_norm: 0 for none. With float16 a step whose gradients overflow is left out, as is usual."""
        if self.scaler is not None and clip_norm:
            self.scaler.unscale_(optimizer)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_(learning, clip_norm)
        if self.scaler is None:
            optimizer.step()
        else:
            self.scaler.step(optimizer)
            self.scaler.update()

    def state(self) -> dict[str, Any]:
        """What a checkpoint has to keep of it."""
        return self.scaler.state_dict() if self.scaler is not None else {}

    def load(self, state: dict[str, Any]) -> None:
        if self.scaler is not None and state:
            self.scaler.load_state_dict(state)


def precision_of(wanted: str, device: torch.device) -> tuple[str, str]:
    """The name for a recipe's training.precision (auto, float32, mixed) on that device, and a sentence where it cannot be had, else "".

    auto is float32 until `machine_probe` has found 16 bits to be faster: small batches are not, even on a large graphics card, for
    every weight is converted in every step.
    """
    if wanted != "mixed":
        return "float32", ""
    half = half_type(device)
    if half is not None:
        return half, ""
    return "float32", f"Mixed precision was asked for, but this {_word(device)} does not compute faster in 16 bits: float32 is used."


def half_type(device: torch.device) -> str | None:
    """The 16-bit type that a device has instructions for; None where it has none, or torch makes nothing of them."""
    if device.type == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bfloat16"
        return "float16" if torch.cuda.get_device_capability(device) >= _TENSOR_CORES else None
    return "bfloat16" if device.type == "cpu" and _cpu_has_bfloat16() else None


def cannot(name: str, device: torch.device) -> str:
    """Why a run that began in that precision does not go on in it on that device, as a sentence; "" where it does."""
    there = half_type(device) if name != "float32" else None
    if name == "float32" or there == name or (name == "float16" and there is not None):
        return ""
    return f"The run began in {name}, which this {_word(device)} is slow in: it goes on in float32; results may differ slightly."


@cache
def _cpu_has_bfloat16() -> bool:
    """AMX or AVX512-BF16, as torch sees them; where it does not say, as Linux does."""
    asks = [getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported")]
    if any(ask is not None for ask in asks):
        return any(ask() for ask in asks if ask is not None)
    try:
        return re.search(r"\b(amx_bf16|avx512_bf16)\b", _CPUINFO.read_text()) is not None
    except OSError:
        return False


def _word(device: torch.device) -> str:
    return "processor" if device.type == "cpu" else "graphics card"
