"""A table of how much of each picture each class covers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import IO

import numpy as np

from tlstudio.data.masks import IGNORE
from tlstudio.exporting.format import Format, Work
from tlstudio.runs import write_atomic

NAME = "areas.csv"


def write(work: Work) -> None:
    """areas.csv, UTF-8: a line for each picture and class, also those it does not show: picture, class, pixels, share, width, height.

    share: of the picture's pixels that have a class; empty where none has. A line of the class "" counts the pixels without one.
    """
    path = work.place(NAME)
    write_atomic(path, lambda file: _write(work, file))
    work.wrote(path)


def _write(work: Work, file: IO[bytes]) -> None:
    file.write(_line(["picture", "class", "pixels", "share", "width", "height"]))
    for picture in work.pictures():
        height, width = picture.labels.shape
        counts = np.bincount(picture.labels.ravel(), minlength=256).tolist()
        labelled = sum(counts[: len(work.coding.names)])
        for label, name in enumerate(work.coding.names):
            share = counts[label] / labelled if labelled else ""
            file.write(_line([picture.source, name, counts[label], share, width, height]))
        if counts[IGNORE]:
            file.write(_line([picture.source, "", counts[IGNORE], "", width, height]))


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "surrogateescape")


FORMAT = Format(
    "areas",
    "Table of areas",
    "One CSV file: how many pixels, and what share of the picture, each class has in each picture. For spreadsheets and statistics.",
    write,
    shared=(NAME,),
)
