"""What the names of folders say of the pictures in them: whether they are photos or masks, and of which split."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tlstudio.data.layouts.layout import split_word


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IMAGE = _words(
    "image images img imgs jpegimages jpegs photo photos pic pics picture pictures rgb raw input inputs original originals frame frames "
    "leftimg8bit camerargb pngimages"
)
_MASK = _words(
    "mask masks label labels labelled annotation annotations annot annots ann anns gt gts groundtruth truth segmentation segmentations "
    "seg segs segmentationclass segmentationclassraw segmentationclasspng segmentationclassaug semantic target targets trimap trimaps "
    "labelids gtfine gtcoarse cameraseg matte mattes"
)
_FILLER = _words(
    "ground the of and for data dataset set class classes raw png pngs jpg tif bin binary files bit id ids prepped prepared resized"
)
# Masks to look at, or of single objects, that lie beside those that say the classes.
_SECOND_CHOICE = _words(
    "color colour colors colours colored coloured rgb vis visual visualization visualisation instance instances object objects preview "
    "overlay overlays segmentationobject human"
)
_FIRST = _words("masks labels annotations annotation images imgs groundtruth gt segmentation")  # may stand before any word
_GLUED = re.compile(r"(training|train|validation|valid|val|testing|test)([a-z]+)")


@dataclass(frozen=True, slots=True)
class Word:
    """role: image, mask or "". split: train, val, test or None. second: of masks that are only the second choice."""

    role: str = ""
    split: str | None = None
    second: bool = False


@functools.lru_cache(8192)
def word(name: str) -> Word | None:
    """What the name of a folder says; None for a name that says neither, such as that of a class or of a city."""
    whole = re.sub(r"[\W_]+", "", name.casefold())
    if split := split_word(whole.rstrip("0123456789")):
        return Word("", split)
    if whole in _MASK or whole in _IMAGE:
        return Word("mask" if whole in _MASK else "image")
    split, roles, second, strange, last = None, set[str](), False, False, ""
    tokens = list(_tokens(name))
    for token in tokens:
        if found := split_word(token):
            split = found
            continue
        last = "mask" if token in _MASK else "image" if token in _IMAGE else ""
        roles.add(last)
        second = second or token in _SECOND_CHOICE
        strange = strange or not (last or token in _SECOND_CHOICE or token in _FILLER or token.isdigit())
    role = "mask" if "mask" in roles else "image" if "image" in roles else ""
    if strange and not (tokens[0] in _FIRST or (last and tokens[-1] != "mask")):  # with_mask, no_mask: those are classes
        return None
    return Word(role, split, second) if role or split else None


def _tokens(name: str) -> Iterator[str]:
    for token in re.findall(r"[a-z]+|[0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold()):
        glued = _GLUED.fullmatch(token)
        yield from glued.groups() if glued and (glued[2] in _IMAGE or glued[2] in _MASK) else (token,)


def without_split(folder: str) -> str:
    """The path of a folder without what tells its split: the same for train_masks and val_masks."""
    parts = []
    for part in folder.split("/"):
        said = word(part)
        if said is None or said.split is None:
            parts.append(part)
        elif said.role:
            parts.append(" ".join(token for token in _tokens(part) if split_word(token) is None))
    return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Place:
    """What the path of a file says. above, below: the folders that say nothing, above and below the one that says the role.

    holder: the path of the folder that says the role, "" if none does.
    """

    role: str
    split: str | None
    above: tuple[str, ...]
    below: tuple[str, ...]
    holder: str
    second: bool


@functools.lru_cache(8192)
def place(folder: str) -> Place:
    """What the path of a folder, relative to the root of the data, says of the pictures in it. The deepest word of each kind counts."""
    role, split, holder, second = "", None, "", False
    above: list[str] = []
    below: list[str] = []
    parts = folder.split("/") if folder else []
    for depth, part in enumerate(parts):
        said = word(part)
        if said is None:
            below.append(part)
            continue
        split = said.split or split
        if said.role:
            role, second, holder = said.role, said.second, "/".join(parts[: depth + 1])
            above, below = above + below, []
    return Place(role, split, tuple(above), tuple(below), holder, second)
