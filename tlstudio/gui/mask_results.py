"""What a run made of every picture of a split that has a mask: read from the folder that `evaluate` leaves. Knows no Qt widgets."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from tlstudio.data import overlay_index
from tlstudio.gui.mask_blend import Mask


@dataclass(frozen=True)
class MaskedImage:
    """path: of the picture. prediction, truth: its masks. iou: mean over its classes, per_class: each; None where neither shows it."""

    path: str
    prediction: Mask | None
    truth: Mask | None
    iou: float | None
    pixel_accuracy: float | None
    per_class: tuple[float | None, ...]


@dataclass(frozen=True)
class MaskResults:
    """folder: where the masks lie. classes: names; images: in the order of the index."""

    folder: str
    classes: list[str]
    images: list[MaskedImage] = field(default_factory=list)

    def worst(self, label: int = -1) -> list[int]:
        """Places of the images, lowest IoU first: of a class, and then only those where it is; -1: over all classes."""
        scores = [self.score(place, label) for place in range(len(self.images))]
        found = [place for place, score in enumerate(scores) if label < 0 or score is not None]
        return sorted(found, key=lambda place: math.inf if scores[place] is None else float(scores[place] or 0.0))

    def score(self, place: int, label: int = -1) -> float | None:
        """IoU of an image, or of one class in it."""
        image = self.images[place]
        if label < 0:
            return image.iou
        return image.per_class[label] if label < len(image.per_class) else None


def read(folder: Path) -> MaskResults:
    """For a background thread. Raises InputError where the folder's index is missing or damaged."""
    document = overlay_index.read(folder)
    names = [entry["name"] for entry in document["classes"]]
    coding = document["coding"]

    def image(said: dict[str, object]) -> MaskedImage:
        prediction, truth = said["prediction"], said["truth"]
        return MaskedImage(
            str(said["path"]),
            Mask.own(str(prediction), names) if prediction else None,
            Mask.of_json(str(truth), coding) if truth and coding else None,
            said["iou"],  # type: ignore[arg-type]
            said["pixel_accuracy"],  # type: ignore[arg-type]
            tuple(said["per_class"]),  # type: ignore[arg-type]
        )

    return MaskResults(str(folder), names, [image(said) for said in document["images"]])
