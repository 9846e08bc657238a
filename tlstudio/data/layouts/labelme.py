"""labelme: a JSON file beside each picture, with shapes drawn by hand."""

from __future__ import annotations

import base64
import io
import math
from collections import Counter
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from tlstudio.data import polygons
from tlstudio.data.drawing import Shape, Shapes
from tlstudio.data.layouts import outlines
from tlstudio.data.layouts.mask_layout import MaskLayout, Pair
from tlstudio.data.layouts.path_words import place
from tlstudio.data.listing import Folder
from tlstudio.data.masks import IGNORE
from tlstudio.data.report import Problem

_IGNORED = "__ignore__"
_TRIED = 5  # files by which it is judged whether there is labelme's work at all


def find(layout: MaskLayout, tree: Folder, names: list[str]) -> bool:
    """Put pictures with labelme files, anywhere in the tree, into the layout; False if there are none.

    names: the classes in their order, where a file says them; else they follow the alphabet.
    """
    read: list[tuple[str, dict[str, Any]]] = []
    for tried, path in enumerate(outlines.documents(tree)):
        if tried >= _TRIED and not read:
            return False
        said = outlines.read(layout.root / path)
        if isinstance(said, dict) and isinstance(said.get("shapes"), list) and isinstance(said.get("imagePath"), str):
            read.append((path, said))
    if not read:
        return False
    used = {str(shape.get("label")) for _, said in read for shape in said["shapes"] if isinstance(shape, dict)} - {_IGNORED}
    order = [name for name in names if name != _IGNORED]
    label_of = outlines.number(layout, order + sorted(used - set(order))) | {_IGNORED: IGNORE}
    pictures = outlines.Pictures(layout, tree)
    passed_over: Counter[str] = Counter()
    for path, said in read:
        found = _picture(pictures, path, said)
        if found is None:
            pictures.missing(said["imagePath"], path)
            continue
        if found in pictures.used:
            continue
        shapes = []
        for shape in said["shapes"]:
            drawn = _shape(shape, label_of)
            if drawn is None:
                passed_over[str(shape.get("shape_type", "polygon")) if isinstance(shape, dict) else "damaged"] += 1
            else:
                shapes.append(drawn)
        split = place(str(PurePosixPath(found).parent)).split
        pictures.add(Pair(found, "", split, Shapes(_size(said), tuple(shapes))))
    _say(layout, pictures, passed_over)
    return True


def _picture(pictures: outlines.Pictures, path: str, said: dict[str, Any]) -> str | None:
    """As the file calls it; else, since pictures get renamed together with their files, the one of the same name."""
    return pictures.find(said["imagePath"], path) or pictures.find(str(PurePosixPath(path).with_suffix("")), "")


def _size(said: dict[str, Any]) -> tuple[int, int] | None:
    width, height = said.get("imageWidth"), said.get("imageHeight")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _shape(shape: Any, label_of: dict[str, int]) -> Shape | None:
    """None for what covers no area: lines and points, and for damaged ones."""
    try:
        label, kind = label_of[str(shape["label"])], shape.get("shape_type") or "polygon"
        points = [(float(x), float(y)) for x, y in shape["points"]]
        if not all(abs(x) < polygons.FAR and abs(y) < polygons.FAR for x, y in points):
            return None
        if kind == "mask":
            return _bitmap(shape["mask"], points[0], label)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, SyntaxError, Image.DecompressionBombError):
        return None
    if kind == "circle" and len(points) == 2:
        (x, y), edge = points
        return Shape(label, rings=(tuple(polygons.circle(x, y, math.dist((x, y), edge))),))
    if kind == "rectangle" and len(points) == 2:
        (left, top), (right, bottom) = points
        return Shape(label, rings=((left, top, right, top, right, bottom, left, bottom),))
    if kind not in ("polygon", "rectangle", "rotation", "oriented_rectangle") or len(points) < 3:
        return None
    return Shape(label, rings=(tuple(number for point in points for number in point),))


def _bitmap(said: str, corner: tuple[float, float], label: int) -> Shape:
    with Image.open(io.BytesIO(base64.b64decode(said)), formats=["PNG"]) as image:
        inside = (np.asarray(image.convert("L")) > 0).astype(np.uint8)
    return Shape(label, bitmap=(*inside.shape, inside.tobytes()), at=(round(corner[0]), round(corner[1])))


def _say(layout: MaskLayout, pictures: outlines.Pictures, passed_over: Counter[str]) -> None:
    layout.pairs.sort(key=lambda pair: pair.image)
    left = pictures.left()
    layout.pictures = len(layout.pairs) + len(left) + sum(problem.kind == "missing_file" for problem in layout.problems)
    if passed_over:
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in passed_over.most_common())
        said = f"They cover no area, and are not drawn: {kinds}. Draw a polygon where an area is meant."
        layout.problems.append(Problem("not_drawn", "", said, "warn"))
    for path in left:
        said = "There is no labelme file for this picture; it is left out."
        layout.problems.append(Problem("missing_mask", layout.absolute(path), said, "warn"))
    layout.set_splits()
