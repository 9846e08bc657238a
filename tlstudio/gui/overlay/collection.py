"""What is open on the page: pictures with their masks, as an overlay document tells them; sorted and filtered for the film strip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.data import masks, overlay_index
from tlstudio.data.masks import Coding
from tlstudio.errors import StudioError

if TYPE_CHECKING:
    from tlstudio.gui.overlay.reel import Reel

Entry = dict[str, Any]
"""{path, prediction, truth, confidence, entropy, iou, pixel_accuracy, per_class, shares}: one picture of the document.

Where the prediction was corrected by hand: corrected, the file, and corrected_iou; the other figures stay those of the prediction.
"""

WORST, BEST, NAME = "worst", "best", "name"


@dataclass(frozen=True)
class Collection:
    """source: the run or folder it came from. names, colours: by class. coding: of the truth files, None where there are none.

    reel: of a video or camera, whose frames are the entries.
    """

    source: str
    title: str
    names: tuple[str, ...]
    colours: tuple[tuple[int, int, int], ...]
    coding: Coding | None
    entries: Sequence[Entry]
    run: str = ""
    split: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    reel: Reel | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any], source: str, title: str = "") -> Collection:
        """Of an overlay document."""
        classes = document.get("classes") or []
        coding = document.get("coding")
        return cls(
            source,
            title or Path(source).name,
            tuple(str(one["name"]) for one in classes),
            tuple((int(one["colour"][0]), int(one["colour"][1]), int(one["colour"][2])) for one in classes),
            Coding.from_json(coding) if coding else None,
            document["images"],
            document.get("run") or "",
            document.get("split") or "",
            document,
        )

    @classmethod
    def of_pictures(cls, paths: Sequence[str]) -> Collection:
        """Of pictures alone."""
        images = [{"path": path} for path in paths]
        document = {"version": 1, "classes": [], "coding": None, "run": None, "split": None, "images": images}
        source = str(Path(paths[0]).parent)
        return cls.of(document, source)

    @classmethod
    def of_video(cls, document: Mapping[str, Any], reel: Reel, title: str = "") -> Collection:
        """Of the frames of a video or camera. document: as the job "open_video" gives it."""
        from tlstudio.gui.overlay.reel import FrameEntries

        classes = document["classes"]
        colours = tuple((int(one["colour"][0]), int(one["colour"][1]), int(one["colour"][2])) for one in classes)
        names = tuple(str(one["name"]) for one in classes)
        return cls(reel.source, title or Path(reel.source).name, names, colours, None, FrameEntries(reel), document=document, reel=reel)

    @property
    def own_coding(self) -> Coding:
        """How our own predictions are coded: the index of the class, 255 where nothing is said."""
        return masks.own(self.names, self.colours)

    @property
    def has_scores(self) -> bool:
        """Whether the IoU of at least one picture is known."""
        return any(entry.get("iou") is not None for entry in self.entries)

    @property
    def has_corrected(self) -> bool:
        """Whether at least one prediction was corrected by hand."""
        return any(entry.get("corrected") for entry in self.entries)

    @property
    def has_predictions(self) -> bool:
        return any(entry.get("prediction") for entry in self.entries)

    def order(self, sort: str, shown: Iterable[int] | None = None) -> list[int]:
        """Places of the entries, sorted: worst or best IoU first (those without one last), or by name. shown: only these."""
        places = list(range(len(self.entries)) if shown is None else shown)
        if sort == NAME:
            return sorted(places, key=lambda i: natural(str(self.entries[i]["path"])))
        sign = 1 if sort == WORST else -1

        def rank(i: int) -> tuple[bool, float, str]:
            iou = self.entries[i].get("iou")
            return iou is None, sign * (iou or 0.0), str(self.entries[i]["path"])

        return sorted(places, key=rank)

    def shows(self, i: int, label: int) -> bool | None:
        """Whether truth or prediction of a picture shows that class; None where nobody has counted."""
        per_class, shares = self.entries[i].get("per_class") or (), self.entries[i].get("shares") or ()
        if per_class and per_class[label] is not None:
            return True
        if shares and shares[label] > 0:
            return True
        # An IoU is None where neither has the class; without a truth only the prediction's shares can tell.
        if per_class and any(value is not None for value in per_class):
            return False
        return False if shares and not self.entries[i].get("truth") else None


def natural(text: str) -> list[str | int]:
    """A key that sorts photo 9 before photo 10, whatever the case."""
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r"(\d+)", text.lower()))]


def kept_epochs(run: str) -> list[tuple[int, Path]]:
    """The epochs of which a run kept masks, with their folders, in order."""
    found = []
    for file in Path(run, "masks").glob("epoch_*/index.json"):
        number = file.parent.name.removeprefix("epoch_")
        if number.isdecimal():
            found.append((int(number), file.parent))
    return sorted(found)


def kept_masks(folder: Path) -> dict[str, str]:
    """The mask file of each picture in a folder with an index; {} where it cannot be read (a run may just be writing it)."""
    try:
        images = overlay_index.read(folder)["images"]
    except StudioError:
        return {}
    return {one["path"]: one["prediction"] for one in images if one["prediction"]}
