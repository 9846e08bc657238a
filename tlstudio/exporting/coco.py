"""All masks in one COCO file, as run lengths, so that they come back to the pixel."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tlstudio import events
from tlstudio.data.masks import IGNORE
from tlstudio.exporting.format import Format, Masked, Work
from tlstudio.runs import write_atomic

NAME = "annotations.json"


def write(work: Work) -> None:
    """annotations.json: one annotation for each class in each picture, all its pixels together, as uncompressed run lengths.

    Outlines would be polygons without holes and rounded to nothing one can trust; run lengths are exact, and every reader of COCO
    knows them. Category ids are 1 + the number of the class. Pixels of which nothing is said are one more annotation with iscrowd 1
    (of the first category), which is what COCO leaves out of judging. file_name: relative to the folder of all pictures.
    """
    path = work.place(NAME)
    write_atomic(path, lambda file: _write(work, file))
    work.wrote(path)


def _write(work: Work, file: IO[bytes]) -> None:
    """Annotation by annotation: all of them together may not fit in memory."""
    images: list[dict[str, Any]] = []
    categories = [{"id": label + 1, "name": name, "supercategory": ""} for label, name in enumerate(work.coding.names)]
    file.write(b'{"annotations":[')
    n = 0
    for picture in work.pictures():
        height, width = picture.labels.shape
        images.append({"id": len(images) + 1, "file_name": picture.source, "width": width, "height": height})
        for annotation in _annotations(picture, len(categories)):
            n += 1
            said = {"id": n, "image_id": len(images), **annotation}
            file.write((b",\n" if n > 1 else b"\n") + events.dumps(said).encode())
    rest = events.dumps({"images": images, "categories": categories})
    file.write(b"]," + rest.encode()[1:] + b"\n")


def _annotations(picture: Masked, classes: int) -> list[dict[str, Any]]:
    labels = picture.labels
    columns = np.ascontiguousarray(labels.T)  # COCO counts column by column
    height, width = labels.shape
    there = np.bincount(labels.ravel(), minlength=256)
    out = []
    for label in [*np.flatnonzero(there[:classes]).tolist(), *([IGNORE] if there[IGNORE] else [])]:
        inside = columns == label
        rows, places = np.flatnonzero(inside.any(0)), np.flatnonzero(inside.any(1))
        left, top = int(places[0]), int(rows[0])
        out.append(
            {
                "category_id": 1 if label == IGNORE else label + 1,
                "iscrowd": int(label == IGNORE),
                "area": int(there[label]),
                "bbox": [left, top, int(places[-1]) + 1 - left, int(rows[-1]) + 1 - top],
                "segmentation": {"size": [height, width], "counts": run_lengths(inside)},
            }
        )
    return out


def run_lengths(columns: NDArray[np.bool_]) -> list[int]:
    """How many pixels of a mask, given column by column (W, H), are outside, inside, outside and so on; outside comes first, maybe 0."""
    flat = columns.ravel()
    ends = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths: list[int] = np.diff(np.concatenate([[0], ends, [flat.size]])).tolist()
    return [0, *lengths] if flat[0] else lengths


FORMAT = Format(
    "coco",
    "COCO JSON",
    "One JSON file for all pictures, with the masks as run lengths (RLE), which give every pixel back. Put it beside the pictures.",
    write,
    shared=(NAME,),
)
