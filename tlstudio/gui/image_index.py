"""The pictures of the open data as the window knows them: read from the index file in a thread, kept in columns.

100,000 pictures take about 15 MB and half a second of another thread.
"""

from __future__ import annotations

import json
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThreadPool, Signal

from tlstudio.data.masks import Coding
from tlstudio.gui.mask_blend import Mask

SPLITS = ("train", "val", "test")
EVERY = -1
"""In the place of a class: the pictures of all of them."""
_CHUNK = 1000  # lines parsed between two breaths for the window's thread


@dataclass(frozen=True)
class ImageFacts:
    """One picture. path: absolute. label: index into the classes. split: train, val or test. width, height: upright, in pixels."""

    path: str
    label: int
    split: str
    width: int
    height: int


class ImageIndex:
    """N pictures in columns. labels (N,) int32; splits (N,) uint8, place in SPLITS; sides (N, 2) int32, width and height."""

    def __init__(self, root: Path | str = "", lines: list[dict[str, object]] | None = None) -> None:
        self.root = Path(root)
        self.coding: Coding | None = None
        """Of the masks, where there are some."""
        self.paths: list[str] = []
        self._masks: list[str] = []
        self._labels, self._splits, self._sides = array("i"), array("B"), array("i")
        self._rows_of: dict[int, NDArray[np.intp]] = {}
        self.extend(lines or [])

    def extend(self, lines: list[dict[str, object]]) -> None:
        """Take in parsed lines of an index file."""
        for line in lines:
            self.paths.append(str(line["path"]))
            self._masks.append(str(line.get("mask") or ""))
            self._labels.append(int(str(line["label"])))
            self._splits.append(SPLITS.index(str(line["split"])))
            self._sides.extend((int(str(line["width"])), int(str(line["height"]))))
        self._rows_of.clear()

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def labels(self) -> NDArray[np.int32]:
        return np.array(self._labels, dtype=np.int32)

    @property
    def splits(self) -> NDArray[np.uint8]:
        return np.array(self._splits, dtype=np.uint8)

    @property
    def sides(self) -> NDArray[np.int32]:
        return np.array(self._sides, dtype=np.int32).reshape(-1, 2)

    def facts(self, row: int) -> ImageFacts:
        return ImageFacts(
            str(self.root / self.paths[row]),
            self._labels[row],
            SPLITS[self._splits[row]],
            self._sides[2 * row],
            self._sides[2 * row + 1],
        )

    def mask_of(self, row: int, solo: int = -1) -> Mask | None:
        """The picture's mask. solo: the only class of it that is shown, -1 for all."""
        path = self._masks[row]
        return Mask(path, self.coding, solo) if path and self.coding is not None else None

    def rows_of(self, label: int) -> NDArray[np.intp]:
        """Rows of a class, or of EVERY one, in the order of the index."""
        if label == EVERY:
            return np.arange(len(self.paths))
        if not self._rows_of and self.paths:
            labels = self.labels
            order = np.argsort(labels, kind="stable")
            present, starts = np.unique(labels[order], return_index=True)
            self._rows_of = dict(zip(present.tolist(), np.split(order, starts[1:]), strict=True))
        return self._rows_of.get(label, np.empty(0, dtype=np.intp))

    def sample_of(self, label: int, n: int) -> list[int]:
        """Up to n rows of a class, spread evenly over it, so that neighbours (frames of one film) do not fill the view."""
        rows = self.rows_of(label)
        if len(rows) <= n:
            return [int(row) for row in rows]
        return [int(rows[i * len(rows) // n]) for i in range(n)]


def read(index: str, root: str, wanted: Callable[[], bool] = lambda: True) -> ImageIndex:
    """The pictures of an index file; what can be read of it where it is damaged or gone. Stops early when no longer wanted."""
    out = ImageIndex(root)
    try:
        with Path(index).open(encoding="utf-8") as file:
            while (lines := list(islice(file, _CHUNK))) and wanted():
                out.extend(json.loads(f"[{','.join(lines)}]"))
                time.sleep(0.0005)  # hands over the interpreter: a window that waits for it would stutter
    except (OSError, ValueError, KeyError, TypeError):
        return out
    return out


class IndexReader(QObject):
    """Reads index files one after the other in a thread; `ready` comes with the ImageIndex of the newest that was asked for."""

    ready = Signal(object)
    _read = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted, self._busy = "", False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._read.connect(self._arrived)

    def ask(self, index: str, root: str) -> None:
        if not index or index == self._wanted:
            return
        self._wanted, self._busy = index, True

        def work() -> None:
            found = read(index, root, lambda: self._wanted == index)
            if self._wanted == index:
                self._read.emit(index, found)

        self._pool.start(work)

    @property
    def busy(self) -> bool:
        return self._busy

    def close(self) -> None:
        """Give up what is being read and wait for the thread."""
        self._wanted, self._busy = "", False
        self._pool.waitForDone()

    def _arrived(self, index: str, found: ImageIndex) -> None:
        if index == self._wanted:
            self._busy = False
            self.ready.emit(found)
