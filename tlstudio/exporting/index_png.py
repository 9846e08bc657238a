"""One PNG a picture whose pixels are the numbers of the classes, with a palette that shows them in their colours."""

from __future__ import annotations

from tlstudio import events
from tlstudio.data import masks
from tlstudio.exporting.format import Format, Work
from tlstudio.runs import write_atomic

_CLASSES = "classes.json"


def write(work: Work) -> None:
    """NAME.png as `masks.write` makes it, 255 where nothing is said; classes.json: [{name, value, color}], which a scan reads again."""
    classes = [{"name": one.name, "value": one.value, "color": list(one.colour)} for one in work.coding.classes]
    path = work.place(_CLASSES)
    write_atomic(path, lambda file: file.write(events.dumps(classes, indent=1).encode()))
    work.wrote(path)
    for picture in work.pictures():
        path = work.place(f"{picture.name}.png")
        masks.write(path, picture.labels, work.coding)
        work.wrote(path)


FORMAT = Format(
    "index",
    "Index PNG",
    "One PNG a picture: a pixel's value is the number of its class, a palette shows its colour. For other programs, and to train with.",
    write,
    lambda name, classes: [f"{name}.png"],
    (_CLASSES,),
)
