"""How much of the machine's convolution peak the feature pass of resnet18 reaches, both measured in this process, taking turns.

The peak is the fastest of a few large 3 x 3 convolutions (channels-last, fp32); the pass is that of tlstudio for a head that learns alone,
by its own code, on random pictures already in memory.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[4])]

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from table import said
from tlstudio.models.folded_network import folded_network
from tlstudio.models.network import build
from tlstudio.training.measure import BATCH
from tlstudio.training.parts import HeadApart

SHAPES = ((16, 64, 56), (16, 128, 28), (16, 256, 14), (16, 256, 28), (8, 256, 56))  # batch, channels in and out, side


def rate(call: Callable[[], object], operations: float) -> float:
    """Operations a second, best of three."""
    fastest = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        call()
        fastest = min(fastest, time.perf_counter() - began)
    return operations / fastest


def pass_of(batch: int) -> tuple[Callable[[], object], float]:
    """The pass over one batch, and its floating-point operations (a multiplication and an addition are two)."""
    network = build("resnet18", classes=2, weights="random")
    network.module.eval().to(memory_format=torch.channels_last)
    inputs = torch.rand(batch, 3, 224, 224).contiguous(memory_format=torch.channels_last)
    with FlopCounterMode(display=False) as counter:
        network.features(inputs)
    front = HeadApart(network, folded_network(network, (224, 224))).front  # as `keeping.choose` does it
    return lambda: front(inputs), float(counter.get_total_flops())


def convolution(batch: int, channels: int, side: int) -> tuple[Callable[[], object], float]:
    layer = nn.Conv2d(channels, channels, 3, padding=1, bias=False).to(memory_format=torch.channels_last)
    inputs = torch.rand(batch, channels, side, side).contiguous(memory_format=torch.channels_last)
    return lambda: layer(inputs), 2.0 * 9 * batch * channels**2 * side**2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--rounds", type=int, default=8)
    asked = parser.parse_args()
    said.mark("imported")
    with torch.inference_mode():
        learned = pass_of(asked.batch)
        layers = [convolution(*shape) for shape in SHAPES]
        rate(*learned)  # first calls cost more
        shares, peaks, passes = [], [], []
        for _ in range(asked.rounds):
            peaks.append(max(rate(*layer) for layer in layers))
            passes.append(rate(*learned))
            shares.append(passes[-1] / peaks[-1])
    said.figure("share", statistics.median(shares))
    said.figure("peak_gflops", statistics.median(peaks) / 1e9)
    said.figure("pass_gflops", statistics.median(passes) / 1e9)
    said.mark("done")


if __name__ == "__main__":
    main()
