"""A box to choose a class from, each with its mark."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPixmap

from tlstudio.gui import theme
from tlstudio.gui.overlay.picture import ClassLook
from tlstudio.gui.overlay.swatch import paint_swatch
from tlstudio.gui.widgets.elided_combo import ElidedCombo


class ClassCombo(ElidedCombo):
    """As wide as nine letters, however long the names are."""

    def __init__(self, name: str, said: str, tip: str) -> None:
        super().__init__(letters=9)
        self.setObjectName(name)
        self.setAccessibleName(said)
        self.setToolTip(tip)
        self._looks: tuple[ClassLook, ...] = ()

    def show_classes(self, looks: Sequence[ClassLook]) -> None:
        """The place that is chosen stays; `currentIndexChanged` is not sent."""
        if tuple(looks) == self._looks:
            return
        now = max(0, self.currentIndex())
        self._looks = tuple(looks)
        with QSignalBlocker(self):
            self.clear()
            for look in looks:
                self.addItem(QIcon(), look.name)
                self.setItemData(self.count() - 1, look.name, Qt.ItemDataRole.ToolTipRole)
            self.setCurrentIndex(min(now, len(looks) - 1))
        self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters are the page's, and do not choose the class that begins with them unseen."""
        if event.text().isalnum():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_looks"):
            self._draw()

    def _draw(self) -> None:
        for i, look in enumerate(self._looks):
            self.setItemIcon(i, _swatch(look, self.devicePixelRatioF()))


def _swatch(look: ClassLook, ratio: float) -> QIcon:
    side = theme.px(14)
    drawn = QPixmap(QSize(side, side) * ratio)
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    paint_swatch(painter, QRectF(QPointF(0, 0), QPointF(side, side)), look.colour, int(look.hatched))
    painter.end()
    return QIcon(drawn)
