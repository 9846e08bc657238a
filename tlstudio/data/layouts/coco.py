"""COCO: one JSON file of pictures, categories and outlines (or run lengths) for many pictures, or one for each split."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

from tlstudio.data import polygons
from tlstudio.data.drawing import Shape, Shapes
from tlstudio.data.layouts import outlines
from tlstudio.data.layouts.layout import split_word
from tlstudio.data.layouts.mask_layout import MaskLayout, Pair
from tlstudio.data.layouts.outlines import Broken
from tlstudio.data.layouts.path_words import place
from tlstudio.data.listing import Folder
from tlstudio.data.masks import IGNORE
from tlstudio.data.report import Problem, counted
from tlstudio.errors import InputError

_HEAD = 65_536
_KEYS = re.compile(rb'"(images|annotations|categories|info|licenses|file_name|image_id|category_id|segmentation)"\s*:')
_CALLED = re.compile(r"coco|instances|annotations?(?![a-z])|segmentations?(?![a-z])|polygons?(?![a-z])|panoptic|stuff")
_SURELY = re.compile(r"(?<![a-z])(coco|instances)(?![a-z])")  # what is called so is nothing else, whatever it says
_FEW = 12  # more files than that are one for each picture
_PARTS = ("images", "annotations", "categories")
_MARKS = ({"segmentation"}, {"image_id", "category_id"}, {"image_id", "bbox"})  # keys that objects have in these files alone


def find(layout: MaskLayout, tree: Folder, broken: list[Broken]) -> bool:
    """Put the pictures of COCO files, anywhere in the tree, into the layout; False if no file has outlines.

    broken: gets those that are meant to be such files, but cannot be used.
    """
    read = _documents(layout.root, tree, broken)
    if not read:
        return False
    label_of = outlines.number(layout, _names(layout, read)) | {None: IGNORE}
    pictures = outlines.Pictures(layout, tree)
    boxes = crowds = 0
    for path, said in read:
        split = _split(path)
        names = {str(category["id"]): outlines.named(category.get("name")) for category in said["categories"]}
        of_image: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for object_ in said["annotations"]:
            if isinstance(object_, dict) and str(object_.get("category_id")) in names:
                of_image[str(object_.get("image_id"))].append(object_)
        for image in said["images"]:
            if not isinstance(image, dict) or not isinstance(called := image.get("file_name"), str):
                continue
            found = pictures.find(called, path, split)
            if found is None:
                pictures.missing(called, path)
            elif found not in pictures.used:
                objects = _by_depth(of_image[str(image.get("id"))])
                shapes = [_shape(object_, label_of[names[str(object_["category_id"])]]) for object_ in objects]
                boxes += shapes.count(None)
                crowds += sum(shape is not None and bool(one.get("iscrowd")) for shape, one in zip(shapes, objects, strict=True))
                drawn = Shapes(_size(image), tuple(shape for shape in shapes if shape is not None))
                pictures.add(Pair(found, "", split or place(str(PurePosixPath(found).parent)).split, drawn))
    if not layout.pairs:
        raise InputError(
            f"None of the pictures that {PurePosixPath(read[0][0]).name} names is in {layout.root}", "", "Open the folder that holds both"
        )
    _say(layout, pictures, boxes, crowds)
    return True


def _documents(root: Path, tree: Folder, broken: list[Broken]) -> list[tuple[str, dict[str, Any]]]:
    read: list[tuple[str, dict[str, Any]]] = []
    without: list[Broken] = []
    paths = list(outlines.documents(tree))
    for path in paths:
        called = _CALLED.search(PurePosixPath(path).stem.casefold()) is not None
        beside = len(paths) <= _FEW and place(str(PurePosixPath(path).parent)).role == "mask"  # in a folder 'annotations', say
        if not called and not beside and not _may_be(root / path):
            continue
        said, why = outlines.read(root / path)
        if why:
            broken.append(Broken(path, "COCO", why, perhaps=not called and not _may_be(root / path)))
        elif why := _trouble(said):
            meant = _SURELY.search(PurePosixPath(path).stem.casefold()) or _is_meant(said)
            if meant or not (isinstance(said, dict) and "shapes" in said):  # that is labelme's
                broken.append(Broken(path, "COCO", why, perhaps=not meant))
        elif any(isinstance(one, dict) and one.get("segmentation") for one in said["annotations"]):
            read.append((path, said))
        else:
            without.append(Broken(path, "COCO", "it has boxes or captions only, no outlines", "Draw outlines where areas are meant"))
    if not read:  # beside a file with outlines they are what is to be expected
        broken += without
    return read


def _may_be(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            if _KEYS.search(file.read(_HEAD)):
                return True
            file.seek(max(_HEAD, path.stat().st_size - _HEAD))  # its beginning may be what is damaged
            return _KEYS.search(file.read(_HEAD)) is not None
    except OSError:
        return False


def _trouble(said: Any) -> str:
    """What a document lacks of a COCO file, as a clause; "" for nothing."""
    if not isinstance(said, dict):
        is_ = "a list" if isinstance(said, list) else "a single value"
        return f"it is {is_}, where an object with 'images', 'annotations' and 'categories' is expected"
    absent = [f"'{part}'" for part in _PARTS if not isinstance(said.get(part), list)]
    if absent:
        return f"it has no list {' and no list '.join(absent)}"
    if not all(isinstance(one, dict) and "id" in one for one in said["categories"]):
        return "a category in it has no id"
    return ""


def _is_meant(said: Any) -> bool:
    """Whether a document that lacks something of a COCO file is one all the same, not some other JSON file."""
    if isinstance(said, list):  # its objects alone, or the whole in brackets
        return _has_objects(said) or any(isinstance(one, dict) and _is_meant(one) for one in said)
    if not isinstance(said, dict):
        return False
    lists = {key: part for key, part in said.items() if isinstance(part, list)}
    if any(map(_has_objects, lists.values())):  # whatever the list is called
        return True
    images = any(isinstance(one, dict) and "file_name" in one for one in lists.get("images", ()))
    return images and not said.keys().isdisjoint({"annotations", "categories"})


def _has_objects(said: list[Any]) -> bool:
    """Whether a list holds objects as they are in a COCO file; those with a score are what a model found, not what somebody drew."""
    return any(isinstance(one, dict) and "score" not in one and any(marks <= one.keys() for marks in _MARKS) for one in said)


def _names(layout: MaskLayout, read: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """The names of all categories in the order of their numbers. Raises InputError where files number them differently."""
    name_of: dict[str, str] = {}
    nameless: set[str] = set()
    for path, said in read:
        for category in said["categories"]:
            key, name = str(category["id"]), outlines.named(category.get("name"))
            if name is None:
                if key not in nameless:
                    nameless.add(key)
                    layout.problems.append(_nameless(layout, path, key, said["annotations"]))
                continue
            if name_of.setdefault(key, name) != name:
                what = f"The COCO files in {layout.root} do not agree on their classes"
                why = f"number {key} is '{name_of[key]}' in one and '{name}' in another"
                raise InputError(what, why, "Open a folder with those that belong together")
    return [name_of[key] for key in sorted(name_of, key=lambda key: (not key.isdecimal(), int(key) if key.isdecimal() else 0, key))]


def _nameless(layout: MaskLayout, path: str, key: str, objects: list[Any]) -> Problem:
    n = sum(isinstance(one, dict) and str(one.get("category_id")) == key for one in objects)
    what = f"its objects ({n:,}) are left out of learning and judging"
    said = f"Category {key} has no name, so that it is no class; {what}. Give it a name in the file."
    return Problem("nameless_class", layout.absolute(path), said, "warn")


def _split(path: str) -> str | None:
    """By the name of the file, as instances_train2017.json, else by its folder."""
    words = re.findall(r"[a-z]+", PurePosixPath(path).stem.casefold())
    return next((split for split in map(split_word, words) if split), None) or place(str(PurePosixPath(path).parent)).split


def _by_depth(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Crowds at the back, then the larger ones, so that no object hides a smaller one."""
    return sorted(objects, key=lambda one: (not one.get("iscrowd"), -_area(one)))


def _area(one: dict[str, Any]) -> float:
    area, box = one.get("area"), one.get("bbox")
    if isinstance(area, int | float) and area > 0:
        return area
    sides = box[2:] if isinstance(box, list) and len(box) == 4 else [0, 0]
    return math.prod(side for side in sides if isinstance(side, int | float))


def _shape(one: dict[str, Any], label: int) -> Shape | None:
    """None for an object that has only a box, or an outline that cannot be read. Of crowds nobody knows whose pixel is whose: left out."""
    label = IGNORE if one.get("iscrowd") else label
    said = one.get("segmentation")
    if isinstance(said, dict):
        counts = said.get("counts")
        return Shape(label, runs=counts if isinstance(counts, str) else tuple(counts)) if isinstance(counts, str | list) else None
    if not isinstance(said, list) or not said:
        return None
    rings = [said] if all(isinstance(x, int | float) for x in said) else said
    kept = [tuple(map(float, ring)) for ring in rings if _is_ring(ring)]
    return Shape(label, rings=tuple(kept)) if kept else None


def _is_ring(said: Any) -> bool:
    if not isinstance(said, list) or len(said) < 6 or len(said) % 2:
        return False
    return all(isinstance(x, int | float) and abs(x) < polygons.FAR for x in said)


def _size(image: dict[str, Any]) -> tuple[int, int] | None:
    width, height = image.get("width"), image.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _say(layout: MaskLayout, pictures: outlines.Pictures, boxes: int, crowds: int) -> None:
    layout.pairs.sort(key=lambda pair: pair.image)
    layout.pictures = len(layout.pairs) + sum(problem.kind == "missing_file" for problem in layout.problems)
    if boxes:
        said = f"Without an outline (boxes only, or damaged), and not drawn: {counted(boxes, 'object')}."
        layout.problems.append(Problem("not_drawn", "", said, "warn"))
    if crowds:
        said = f"Marked as crowds, and left out of learning and judging: {counted(crowds, 'region')}."
        layout.problems.append(Problem("crowd", "", said, "info"))
    if left := pictures.left():
        said = f"Not in the COCO file, and left out: {counted(len(left), 'image')} (such as {left[0]})."
        layout.problems.append(Problem("stray", "", said, "info"))
    layout.set_splits()
