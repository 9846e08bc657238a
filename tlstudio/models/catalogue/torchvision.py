"""Models of torchvision: classification and segmentation. Names are torchvision's own; weights go into torch's cache.

The facts are in torchvision.csv, see rows.py.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.models.catalogue import rows
from tlstudio.models.catalogue.entry import Entry

if TYPE_CHECKING:
    from torch import Tensor, nn

ORDER = 1
# The segmentation models whose training an auxiliary head helps; torchvision publishes it with their weights.
_WITH_AUX = ("DeepLabHead", "FCNHead")
# What older torchvisions called the layers of a dense layer: norm.1 is norm1 now.
_DENSE = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.((?:[12])\.(?:weight|bias|running_mean|running_var|num_batches_tracked))$")


def _construct(name: str, task: str, classes: int, aux: bool = False) -> Any:
    from torchvision import models

    extra: dict[str, Any] = {}
    if task == "segmentation":
        extra = {"weights_backbone": None, **({"aux_loss": True} if aux else {})}
    elif name in ("googlenet", "inception_v3"):
        # Their weights are Google's: with transform_input the network itself turns ImageNet's normalisation into Google's.
        extra = {"init_weights": True, "transform_input": True}
    return models.get_model(name, weights=None, num_classes=classes, **extra)


def _dense_names(published: Mapping[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
    return {_DENSE.sub(r"\1\2", name): tensor for name, tensor in published.items()}


def _without_aux(published: Mapping[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
    """Without the auxiliary head that helped the published training, where it is not constructed."""
    own = module.state_dict().keys()
    return {name: tensor for name, tensor in published.items() if name in own or not name.startswith("aux_classifier.")}


def _entry(row: Mapping[str, str]) -> Entry:
    segmentation = row["task"] == "segmentation"
    rename = _without_aux if segmentation else _dense_names if row["family"] == "densenet" else None
    return Entry(
        **rows.facts(row),
        name=row["name"],
        title=row["title"],
        source="torchvision",
        task=row["task"],
        accuracy_source="" if segmentation else "torchvision, table of weights",
        miou=rows.number(row["miou"]),
        miou_source="torchvision, table of weights, COCO val2017 with the classes of VOC" if segmentation else "",
        licence=row["licence"],
        weights_url=row["weights"],
        weights_sha256=row["weights"].rpartition("-")[2].partition(".")[0],
        constructor=functools.partial(_construct, row["name"], row["task"]),
        rename=rename,
        with_aux=functools.partial(_construct, row["name"], row["task"], aux=True) if row["head_type"] in _WITH_AUX else None,
    )


def _table() -> list[Entry]:
    return [_entry(row) for row in rows.read(Path(__file__).with_suffix(".csv"))]


ENTRIES = _table()
