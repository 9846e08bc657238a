"""One black and white PNG a class and picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from tlstudio.exporting import naming
from tlstudio.exporting.format import Format, Work
from tlstudio.runs import write_atomic


def write(work: Work) -> None:
    """classes/CLASS/NAME.png: 8-bit grey, 255 where the class is, 0 elsewhere, also where nothing is said."""
    for picture in work.pictures():
        for label, name in enumerate(_files(picture.name, work.coding.names)):
            path = work.place(name)
            image = Image.fromarray(np.where(picture.labels == label, np.uint8(255), np.uint8(0)))
            write_atomic(path, lambda file, image=image: image.save(file, "PNG"))  # type: ignore[misc]
            work.wrote(path)


def _files(name: str, classes: Sequence[str]) -> list[str]:
    return [f"classes/{folder}/{name}.png" for folder in naming.folders(classes)]


FORMAT = Format(
    "classes",
    "One PNG a class",
    "For each class a folder with a black and white PNG a picture: white is the class. For ImageJ and other programs that count areas.",
    write,
    _files,
)
