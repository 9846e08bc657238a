"""Many small pictures of one file, laid out to the width there is: kernels, activation maps. Pixels stay pixels at any scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from tlstudio.gui import theme

GAP = 2


class TileGrid(QWidget):
    """side: about how large a tile is drawn, in pixels at the usual text size; it is a whole multiple of the tile's own pixels."""

    def __init__(self, side: int = 24, most: int = 64) -> None:
        super().__init__()
        self._side, self._most = side, most
        self._image, self._tiles = QImage(), dict[str, Any]()
        self._size = QSize(side, side)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_tiles(self, tiles: Mapping[str, Any], cell: Sequence[int], name: str) -> None:
        """tiles: as `models.tiles.save` says. cell: height and width of a tile in pixels of what it shows. name: for screen readers.

        The file is read now: a later job may write to it.
        """
        self._image, self._tiles = QImage(str(tiles.get("file", ""))), dict(tiles)
        tall, wide = (max(1, int(n)) for n in cell)
        times = theme.px(self._side) / max(tall, wide)
        scale = round(times) if times >= 1 else 1 / max(1, round(1 / times))
        self._size = QSize(max(1, round(wide * scale)), max(1, round(tall * scale)))
        self.setAccessibleName(name)
        self.setFixedHeight(self.heightForWidth(self.width()))
        self.update()

    @property
    def shown(self) -> int:
        """How many tiles are drawn."""
        return 0 if self._image.isNull() else min(self._most, int(self._tiles.get("n", 0)))

    def columns(self, width: int) -> int:
        return max(1, (width + GAP) // (self._size.width() + GAP))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = -(-self.shown // self.columns(width))
        return max(1, lines * (self._size.height() + GAP) - GAP)

    def sizeHint(self) -> QSize:
        return QSize(self._size.width(), self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self.heightForWidth(self.width()))

    def _place(self, i: int) -> QRect:
        line, at = divmod(i, self.columns(self.width()))
        return QRect(at * (self._size.width() + GAP), line * (self._size.height() + GAP), self._size.width(), self._size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)  # without SmoothPixmapTransform: nothing is made up between two pixels
        for i in range(self.shown):
            where = self._place(i)
            if where.intersects(event.rect()):
                painter.drawImage(where, self._image, self._source(i))
        painter.end()

    def _source(self, i: int) -> QRect:
        wide, tall = self._tiles["tile"]
        line, at = divmod(i, self._tiles["columns"])
        return QRect(at * (wide + self._tiles["gap"]), line * (tall + self._tiles["gap"]), wide, tall)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = next((i for i in range(self.shown) if self._place(i).contains(event.pos())), None)
            if at is not None:
                QToolTip.showText(event.globalPos(), self.tr("Channel %1").replace("%1", str(at)), self)
            return True
        return super().event(event)
