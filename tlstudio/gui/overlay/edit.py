"""Correcting a mask: an array of labels that is painted on, with a way back for every stroke."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect

from tlstudio.gui.overlay.picture import Labels
from tlstudio.gui.overlay.regions import Region

_TILE = 256  # pixels; a stroke across a large picture keeps only the tiles that it touches
_SMALL = 4096  # bytes of a change that are not worth compressing


class _Change(NamedTuple):
    """What one tile's pixels become, as old XOR new: applied twice it is undone, so that it serves for both ways."""

    x: int
    y: int
    shape: tuple[int, int]
    xor: bytes
    packed: bool


class MaskEditor:
    """Paints into an array of labels (H, W) uint8, in place. Undo has no limit: a step keeps only the pixels that it changed.

    changed: called with the part of the picture (in its pixels) after every change of pixels. stepped: called when a step ended, was
    undone, redone or saved, that is when dirty, can_undo and can_redo may have changed. label: the class that is painted, settable.
    """

    def __init__(
        self,
        labels: Labels,
        changed: Callable[[QRect], object] = lambda part: None,
        stepped: Callable[[], object] = lambda: None,
        *,
        label: int = 0,
    ) -> None:
        self.labels = labels
        self.label = label
        self.changed, self.stepped = changed, stepped
        self._before: dict[tuple[int, int], Labels] = {}  # tiles as they were when the step began
        self._done: list[list[_Change]] = []
        self._undone: list[list[_Change]] = []
        self._saved = 0  # how many steps are in what was saved; -1: no undo or redo leads there
        self._as_saved = zlib.compress(labels.tobytes(), 1)

    @property
    def dirty(self) -> bool:
        """Whether something is not saved."""
        return len(self._done) != self._saved

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def paint(self, region: Region, label: int | None = None) -> None:
        """Give a region the label, or the chosen one; part of the present step, which `finish` ends. IGNORE stands for nothing said."""
        height, width = region.inside.shape
        if not region.inside.any():
            return
        for y in range(region.y // _TILE * _TILE, region.y + height, _TILE):
            for x in range(region.x // _TILE * _TILE, region.x + width, _TILE):
                if (x, y) not in self._before:
                    self._before[x, y] = self._tile(x, y).copy()
        self.labels[region.y : region.y + height, region.x : region.x + width][region.inside] = self.label if label is None else label
        self.changed(QRect(region.x, region.y, width, height))

    def finish(self) -> bool:
        """End the step that painting began; whether it changed anything, and so can be undone."""
        step = [change for (x, y), before in self._before.items() if (change := _change(x, y, before, self._tile(x, y))) is not None]
        self._before.clear()
        if not step:
            return False
        if self._saved > len(self._done):
            self._saved = -1
        self._done.append(step)
        self._undone.clear()
        self.stepped()
        return True

    def undo(self) -> bool:
        """Take the last step back; whether there was one."""
        self.finish()
        return self._move(self._done, self._undone)

    def redo(self) -> bool:
        """Do the step again that was undone last; whether there was one."""
        self.finish()
        return self._move(self._undone, self._done)

    def saved(self) -> None:
        """What the mask is now has been saved."""
        self.finish()
        self._saved = len(self._done)
        self._as_saved = zlib.compress(self.labels.tobytes(), 1)
        self.stepped()

    def discard(self) -> None:
        """Make the mask what was saved last, or what it was at first. A step of its own, which can be undone."""
        self.finish()
        kept = np.frombuffer(zlib.decompress(self._as_saved), np.uint8).reshape(self.labels.shape)
        for label in np.unique(kept[kept != self.labels]):
            self.paint(Region(0, 0, (kept == label) & (self.labels != label)), int(label))
        if self.finish():
            self._saved = len(self._done)
            self.stepped()

    def _tile(self, x: int, y: int) -> Labels:
        return self.labels[y : y + _TILE, x : x + _TILE]

    def _move(self, source: list[list[_Change]], to: list[list[_Change]]) -> bool:
        if not source:
            return False
        step = source.pop()
        part = QRect()
        for change in step:
            height, width = change.shape
            xor = np.frombuffer(zlib.decompress(change.xor) if change.packed else change.xor, np.uint8).reshape(change.shape)
            self.labels[change.y : change.y + height, change.x : change.x + width] ^= xor
            part = part.united(QRect(change.x, change.y, width, height))
        to.append(step)
        self.changed(part)
        self.stepped()
        return True


def _change(x: int, y: int, before: Labels, after: Labels) -> _Change | None:
    xor: NDArray[np.uint8] = before ^ after
    rows, columns = np.flatnonzero(xor.any(1)), np.flatnonzero(xor.any(0))
    if not len(rows):
        return None
    xor = xor[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    packed = xor.size > _SMALL
    data = zlib.compress(xor.tobytes(), 1) if packed else xor.tobytes()
    return _Change(x + int(columns[0]), y + int(rows[0]), (xor.shape[0], xor.shape[1]), data, packed)
