"""Every head on forty and more models: it builds, head(features(x)) is the network's answer, and one step lowers the loss of a batch.

    OMP_NUM_THREADS=1 nice python tests/benchmarks/check_heads.py [MODEL ...]

Weights are random, nothing is downloaded. Prints a line a model; exit 1 if any fails.
"""

from __future__ import annotations

import sys
import time

import torch
from torch import nn

from tlstudio.errors import InputError
from tlstudio.models import catalogue, heads, network
from tlstudio.recipe import Head

TORCHVISION = (
    "alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 maxvit_t mnasnet0_5 mobilenet_v2 "
    "mobilenet_v3_small regnet_y_400mf resnet18 resnext50_32x4d shufflenet_v2_x0_5 squeezenet1_1 swin_t swin_v2_t vgg11 vit_b_16"
)
TIMM = (
    "deit_tiny_distilled_patch16_224 levit_128s crossvit_tiny_240 volo_d1_224 cait_xxs24_224 resnetv2_50x1_bit dla34 dpn68 "
    "convnext_atto swin_tiny_patch4_window7_224 mobilenetv3_small_050 efficientformer_l1 fastvit_t8 repvit_m0_9 tiny_vit_5m_224 "
    "xcit_nano_12_p16_224 edgenext_xx_small mobilevit_xxs mixer_s32_224 pit_ti_distilled_224 coat_tiny hrnet_w18_small "
    "vit_tiny_patch16_224 eva02_tiny_patch14_224 nfnet_l0 ghostnet_050 rexnet_100 caformer_s18"
)


def check(entry: catalogue.Entry, kind: str) -> None:
    """Raises AssertionError where the head does not do what it has to."""
    net = network.build(entry, classes=3, head=Head(kind=kind), weights="random", seed=1)
    side = entry.input_size
    x, truth = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(0)), torch.arange(3)
    with torch.no_grad():
        net.module.eval()
        features, (logits, _) = net.features(x), net.outputs(net.module(x))
    assert features.shape == (3, net.in_features), features.shape
    assert logits.shape == (3, 3), logits.shape
    assert torch.equal(net.head(features), logits)
    criterion = nn.functional.nll_loss if heads.find(kind).log_probabilities else nn.functional.cross_entropy
    # A network without training may give features of any size, and nearly the same for all images: hence in double precision.
    net.head.double()
    if not features.any():  # an output layer that begins with zeros, as in torchvision's vision transformers
        features = torch.randn(features.shape, generator=torch.Generator().manual_seed(1))
    features = features.double() / features.double().std()
    step = torch.optim.SGD(net.head.parameters(), lr=0.1 / features.square().sum(1).max().item())  # short enough to go down
    torch.manual_seed(0)  # the same dropout before and after
    before = criterion(net.head(features), truth)
    before.backward()
    step.step()
    torch.manual_seed(0)
    after = criterion(net.head(features), truth)
    assert after < before, f"loss {before.item():.4f} to {after.item():.4f}"


def main() -> int:
    failed = 0
    for name in sys.argv[1:] or [*TORCHVISION.split(), *(f"timm/{name}" for name in TIMM.split())]:
        start, said = time.perf_counter(), []
        entry = catalogue.find(name)
        for kind in heads.kinds("classification"):
            if kind.takes == "output" and not entry.classes:
                continue
            try:
                check(entry, kind.kind)
            except (AssertionError, RuntimeError, TypeError, InputError) as error:
                said.append(f"{kind.kind}: {error}")
        failed += bool(said)
        print(f"{'failed' if said else 'ok':6} {time.perf_counter() - start:6.1f} s  {name}  {'; '.join(said)}", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
