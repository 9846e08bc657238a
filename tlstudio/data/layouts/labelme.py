"""labelme: a JSON file beside each picture, with shapes drawn by hand."""

from __future__ import annotations

import base64
import io
import math
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from tlstudio.data import polygons
from tlstudio.data.drawing import Shape, Shapes
from tlstudio.data.layouts import outlines
from tlstudio.data.layouts.mask_layout import MaskLayout, Pair
from tlstudio.data.layouts.outlines import Broken
from tlstudio.data.layouts.path_words import place
from tlstudio.data.listing import Folder, looks_like_image
from tlstudio.data.masks import IGNORE
from tlstudio.data.report import Problem, counted

_IGNORED = "__ignore__"
_TRIED = 5  # files by which it is judged whether there is labelme's work at all


def find(layout: MaskLayout, tree: Folder, names: list[str], broken: list[Broken]) -> bool:
    """Put pictures with labelme files, anywhere in the tree, into the layout; False if there are none.

    names: the classes in their order, where a file says them; else they follow the alphabet. broken: gets those beside pictures that
    cannot be used.
    """
    read, damaged = _documents(layout.root, tree)
    broken += damaged
    if not read:
        return False
    names_of = (outlines.named(shape.get("label")) for _, said in read for shape in said["shapes"] if isinstance(shape, dict))
    used = {name for name in names_of if name}
    order = [name for name in names if name != _IGNORED]
    label_of = outlines.number(layout, order + sorted(used - {_IGNORED, *order})) | {_IGNORED: IGNORE, None: IGNORE}
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
        if nameless := sum(isinstance(shape, dict) and outlines.named(shape.get("label")) is None for shape in said["shapes"]):
            layout.problems.append(_nameless(layout, path, nameless))
        for shape in said["shapes"]:
            drawn = _shape(shape, label_of)
            if drawn is None:
                passed_over[str(shape.get("shape_type", "polygon")) if isinstance(shape, dict) else "damaged"] += 1
            else:
                shapes.append(drawn)
        split = place(str(PurePosixPath(found).parent)).split
        pictures.add(Pair(found, "", split, Shapes(_size(said), tuple(shapes))))
    _say(layout, pictures, passed_over, {pictures.find(str(PurePosixPath(one.path).with_suffix("")), "") for one in damaged})
    return True


def _documents(root: Path, tree: Folder) -> tuple[list[tuple[str, dict[str, Any]]], list[Broken]]:
    """labelme's files; and the damaged ones, and where there are others also those that are something else, beside pictures."""
    beside = {str(PurePosixPath(path).with_suffix("")) for path in tree.paths() if looks_like_image(path)}
    read: list[tuple[str, dict[str, Any]]] = []
    damaged: list[Broken] = []
    others: list[Broken] = []
    tried = 0
    for path in outlines.documents(tree):
        said, why = outlines.read(root / path)
        of_picture = str(PurePosixPath(path).with_suffix("")) in beside
        if why and of_picture:
            damaged.append(Broken(path, "labelme", why))
        elif why := why or _trouble(said):
            others += [Broken(path, "labelme", why)] if of_picture else []
            tried += 1
            if tried >= _TRIED and not read:
                return [], damaged
        else:
            read.append((path, said))
    return read, sorted(damaged + others, key=lambda one: one.path) if read else damaged


def _trouble(said: Any) -> str:
    """What a document lacks of a labelme file, as a clause; "" for nothing."""
    if not isinstance(said, dict) or not isinstance(said.get("shapes"), list):
        return "it has no list 'shapes'"
    return "" if isinstance(said.get("imagePath"), str) else "it does not name its picture ('imagePath')"


def _nameless(layout: MaskLayout, path: str, n: int) -> Problem:
    said = f"Without a label, and left out of learning and judging: {counted(n, 'shape')}. Give each a label in labelme."
    return Problem("nameless_class", layout.absolute(path), said, "warn")


def _picture(pictures: outlines.Pictures, path: str, said: dict[str, Any]) -> str | None:
    """As the file calls it; else, since pictures get renamed together with their files, the one of the same name."""
    return pictures.find(said["imagePath"], path) or pictures.find(str(PurePosixPath(path).with_suffix("")), "")


def _size(said: dict[str, Any]) -> tuple[int, int] | None:
    width, height = said.get("imageWidth"), said.get("imageHeight")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _shape(shape: Any, label_of: Mapping[str | None, int]) -> Shape | None:
    """None for what covers no area: lines and points, and for damaged ones."""
    try:
        label, kind = label_of[outlines.named(shape.get("label"))], shape.get("shape_type") or "polygon"
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


def _say(layout: MaskLayout, pictures: outlines.Pictures, passed_over: Counter[str], damaged: Collection[str | None]) -> None:
    """damaged: the pictures whose files are."""
    layout.pairs.sort(key=lambda pair: pair.image)
    left = pictures.left()
    layout.pictures = len(layout.pairs) + len(left) + sum(problem.kind == "missing_file" for problem in layout.problems)
    if passed_over:
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in passed_over.most_common())
        said = f"They cover no area, and are not drawn: {kinds}. Draw a polygon where an area is meant."
        layout.problems.append(Problem("not_drawn", "", said, "warn"))
    for path in (path for path in left if path not in damaged):
        said = "There is no labelme file for this picture; it is left out."
        layout.problems.append(Problem("missing_mask", layout.absolute(path), said, "warn"))
    layout.set_splits()
