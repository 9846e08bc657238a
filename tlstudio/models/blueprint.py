"""How to construct a model for inspection: those of the catalogue, and every other one of torchvision by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torchvision import models

from tlstudio.errors import InputError
from tlstudio.models import catalogue

_CLASSES = {"classification": 1000, "segmentation": 21}
_SIZES = {"classification": 224, "segmentation": 520}
# Its auxiliary head takes a map of 17 x 17.
_OWN_SIZES = {"inception_v3": 299}


@dataclass(frozen=True)
class Blueprint:
    """construct(classes) gives the network without weights; head: path of what a new head replaces, "" where it has to be found."""

    name: str
    title: str
    task: str
    input_size: int
    classes: int
    head: str
    construct: Callable[[int], Any]


def blueprint(name: str) -> Blueprint:
    """Raises InputError naming the nearest in the catalogue for a name that neither it nor torchvision knows."""
    try:
        entry = catalogue.find(name)
    except InputError:
        outside = _torchvision(name)
        if outside is None:
            raise
        return outside
    return Blueprint(name, entry.title, entry.task, entry.input_size, catalogue.IMAGENET_CLASSES, entry.head, entry.construct)


def _torchvision(name: str) -> Blueprint | None:
    extra: dict[str, Any]
    if name in models.list_models(module=models.segmentation):
        task, extra = "segmentation", {"weights_backbone": None}
    elif name in models.list_models(module=models):
        task, extra = "classification", {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    else:
        return None

    def construct(classes: int) -> Any:
        return models.get_model(name, weights=None, num_classes=classes, **extra)

    # Of a segmentation model the whole classifier is new for new classes, as its backbone alone knows ImageNet.
    head = "classifier" if task == "segmentation" else ""
    return Blueprint(name, name, task, _OWN_SIZES.get(name, _SIZES[task]), _CLASSES[task], head, construct)
