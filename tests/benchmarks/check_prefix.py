"""Cutting models of many families at the first layer that learns: the two parts against the whole network.

    OMP_NUM_THREADS=1 nice python tests/benchmarks/check_prefix.py [MODEL[+HEAD] ...]

Weights are random, nothing is downloaded; parameters that begin as zeros are filled, so that gradients say something. For each model
the last block learns, and half of the parameters. Prints, of a batch of five images: how it was cut, the largest difference of answers
and of gradients as a share of the largest number (with BatchNorm folded: ReLU and its like make jumps of rounding; unfolded they agree
to 1e-4, or there is no cut), processor seconds that the cut took, how many tensors and KB an image cross, and the share of a forward pass
that is saved. Exit 1 if any is not cut by its graph, or answers differ by more than 1e-4 or gradients by more than 1e-2.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from tlstudio.models import network
from tlstudio.models.freezing import freeze, frozen_paths, hold
from tlstudio.models.structure import cover, parameter_names
from tlstudio.recipe import Frozen, Head
from tlstudio.training.prefix import NoCut, cut
from tlstudio.training.prefix.tape import undone

FAMILIES = (
    "efficientnet_lite0 resnet18 efficientnet_b0 vit_b_16 swin_t convnext_tiny densenet121 googlenet maxvit_t timm/vit_tiny_patch16_224 "
    "timm/convnextv2_atto timm/mobilenetv4_conv_small timm/eva02_tiny_patch14_224 timm/efficientvit_b0 timm/fastvit_t8 "
    "timm/swinv2_tiny_window8_256 timm/levit_128s timm/mambaout_femto mobilenet_v3_small regnet_y_400mf"
)
MASKS = (
    "efficientnet_lite0+lraspp efficientnet_lite0+unet efficientnet_lite0+deeplab deeplabv3_mobilenet_v3_large lraspp_mobilenet_v3_large "
    "deeplabv3_resnet50 fcn_resnet50"
)
_MASK_SIDE = 96


def built(name: str) -> network.Network:
    name, _, head = name.partition("+")
    task = "segmentation" if head or f"{name} " in f"{MASKS} " else "classification"
    net = network.build(name, classes=3, head=Head(kind=head) if head else None, weights="random", seed=1, task=task)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in net.module.parameters():
            if not parameter.any():
                parameter.copy_(0.02 * torch.randn(parameter.shape, generator=generator))
    return net


def frozen(net: network.Network, which: str) -> tuple[str, ...]:
    if which == "last block":
        return frozen_paths(net, Frozen(strategy="last-block"))
    names = parameter_names(net.module)
    paths = cover(net.module, set(names[: len(names) // 2]))
    return frozen_paths(net, Frozen(strategy="custom", paths=tuple(paths)))


def check(name: str, which: str) -> bool:
    net = built(name)
    paths = frozen(net, which)
    module = net.module.to(memory_format=torch.channels_last)
    freeze(module, paths, "eval")
    module.train()
    hold(module, paths, "eval")
    side = _MASK_SIDE if net.entry.task == "segmentation" else net.entry.input_size
    start = time.process_time()
    made = cut(net, (side, side), device=torch.device("cpu"))
    seconds = time.process_time() - start
    if isinstance(made, NoCut):
        print(f"NONE    {name:32} {which:10} {made.why}", flush=True)
        return False
    x = torch.randn(5, 3, side, side).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        crossing = made.prefix(x)
    crossing = [one.clone() for one in crossing]
    made.suffix.train()
    ours, theirs = _learned(module, module, [x]), _learned(module, made.suffix, crossing)
    apart = [_apart(a, b) for a, b in zip(ours, theirs, strict=True)]
    good = made.how == "graph" and apart[0] < 1e-4 and apart[1] < 1e-2
    print(
        f"{'ok' if good else made.how:7} {name:32} {which:10} answers {apart[0]:.0e} gradients {apart[1]:.0e} {seconds:5.1f} s "
        f"{len(made.crossing):2} tensors {made.bytes_per_image / 1024:6.0f} KB, saved {made.share:.0%}",
        flush=True,
    )
    return good


def _learned(module: nn.Module, runs: nn.Module, inputs: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    with undone(module, inputs[0].device):
        torch.manual_seed(3)
        answers = [one for one in pytree.tree_leaves(runs(*inputs)) if isinstance(one, Tensor)]
        gradients = torch.autograd.grad(torch.stack([one.square().mean() for one in answers]).sum(), learning, allow_unused=True)
    return [one.detach() for one in answers], [one for one in gradients if one is not None]


def _apart(ours: list[Tensor], theirs: list[Tensor]) -> float:
    largest = max(float(one.abs().max()) for one in ours)
    return max(float((a - b).abs().max()) for a, b in zip(ours, theirs, strict=True)) / largest


def main() -> int:
    names = sys.argv[1:] or [*FAMILIES.split(), *MASKS.split()]
    results = [check(name, which) for name in names for which in ("last block", "half")]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
