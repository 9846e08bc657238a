"""Models of torchvision. Names are torchvision's own; weights are its DEFAULT ones, downloaded into torch's cache."""

from __future__ import annotations

import functools
from typing import Any, Literal

from tlstudio.models.catalogue.entry import IMAGENET_MEAN, IMAGENET_STD, Entry

ORDER = 1
_WEIGHTS = "https://download.pytorch.org/models/"


def _construct(name: str, classes: int) -> Any:
    from torchvision import models

    return models.get_model(name, weights=None, num_classes=classes)


def _entry(
    name: str,
    title: str,
    *,
    params: int,
    mult_adds: int,
    accuracy: float,
    head: str,
    file: str,
    file_bytes: int,
    input_size: int = 224,
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
) -> Entry:
    return Entry(
        name=name,
        title=title,
        source="torchvision",
        task="classification",
        params=params,
        mult_adds=mult_adds,
        input_size=input_size,
        accuracy=accuracy,
        accuracy_source="torchvision, table of weights",
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        interpolation=interpolation,
        licence="BSD-3-Clause",
        head=head,
        weights_url=_WEIGHTS + file,
        weights_sha256=file.rpartition("-")[2].partition(".")[0],
        weights_bytes=file_bytes,
        constructor=functools.partial(_construct, name),
    )


ENTRIES = [
    _entry(
        "resnet18",
        "ResNet-18",
        params=11_689_512,
        mult_adds=1_814_073_344,
        accuracy=0.69758,
        head="fc",
        file="resnet18-f37072fd.pth",
        file_bytes=46_830_571,
    ),
    _entry(
        "resnet50",
        "ResNet-50",
        params=25_557_032,
        mult_adds=4_089_184_256,
        accuracy=0.80858,
        head="fc",
        file="resnet50-11ad3fa6.pth",
        file_bytes=102_540_417,
    ),
    _entry(
        "efficientnet_b0",
        "EfficientNet-B0",
        params=5_288_548,
        mult_adds=385_814_752,
        accuracy=0.77692,
        head="classifier.1",
        file="efficientnet_b0_rwightman-7f5810bc.pth",
        file_bytes=21_444_401,
        interpolation="bicubic",
    ),
    _entry(
        "mobilenet_v3_small",
        "MobileNetV3 Small",
        params=2_542_856,
        mult_adds=56_510_400,
        accuracy=0.67668,
        head="classifier.3",
        file="mobilenet_v3_small-047dcff4.pth",
        file_bytes=10_306_551,
    ),
]
