"""One labelme file a picture, with the outlines of all patches as polygons."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tlstudio import events
from tlstudio.data.masks import IGNORE
from tlstudio.exporting.format import Format, Masked, Work
from tlstudio.exporting.outlines import outlines
from tlstudio.runs import write_atomic

_LABELS = "labels.txt"
_IGNORED = "__ignore__"  # labelme's own word for what has no class


def write(work: Work) -> None:
    """NAME.json a picture, and labels.txt with the names of the classes in their order, as labelme takes it with --labels.

    The corners are corners of pixels. Shapes lie in each other's holes and stand behind what they lie in, so that drawing them in
    order, pixel centres counting, gives the mask back exactly; pixels of which nothing is said are shapes too, called __ignore__.
    """
    path = work.place(_LABELS)
    names = "\n".join([_IGNORED, *work.coding.names])
    write_atomic(path, lambda file: file.write(names.encode() + b"\n"))
    work.wrote(path)
    for picture in work.pictures():
        path = work.place(f"{picture.name}.json")
        said = events.dumps(_document(picture, work.coding.names, path.parent))
        write_atomic(path, lambda file, said=said: file.write(said.encode()))  # type: ignore[misc]
        work.wrote(path)


def _document(picture: Masked, names: list[str], folder: Path) -> dict[str, Any]:
    height, width = picture.labels.shape
    shapes = [
        {
            "label": _IGNORED if one.label == IGNORE else names[one.label],
            "points": one.corners.astype(float).tolist(),
            "group_id": None,
            "description": "",
            "shape_type": "polygon",
            "flags": {},
        }
        for one in outlines(picture.labels)
    ]
    return {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": _from(folder, picture.path),
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


def _from(folder: Path, picture: Path) -> str:
    try:
        return Path(os.path.relpath(picture, folder)).as_posix()
    except ValueError:  # on another drive
        return picture.as_posix()


FORMAT = Format(
    "labelme",
    "labelme JSON",
    "One JSON file a picture with the outlines as polygons, to be opened and changed in labelme.",
    write,
    lambda name, classes: [f"{name}.json"],
    (_LABELS,),
)
