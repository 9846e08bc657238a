"""Probabilities of every image of a split, one stacked column an image, sorted by truth and then by the truth's probability.

The truth stands at the bottom, so that what rises above the dashed half is right in nearly all cases and each class makes one falling
curve. Where there are more images than pixels, a column is the mean of its images.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from tlstudio.gui import theme
from tlstudio.gui.predictions import Predictions
from tlstudio.gui.widgets.column_image import MOST, paint_columns
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.words import count


class StackedBars(QWidget):
    """Hover says the numbers of an image, arrows walk, Enter or a click opens it."""

    opened = Signal(int)
    """The place, in `order`, of the image."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stackedBars")
        self.setAccessibleName(self.tr("Probabilities of every image, stacked, sorted by truth"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.order: list[int] = []
        self.at = -1
        self._said: Predictions | None = None
        self._groups: list[tuple[int, int, int]] = []
        self._drawn: tuple[object, QImage] | None = None

    def show_predictions(self, said: Predictions) -> None:
        self._said = said
        self.order = said.by_truth.tolist()
        truth = said.truth[said.by_truth]
        edges = [0, *(np.flatnonzero(np.diff(truth)) + 1).tolist(), len(truth)]
        self._groups = [(int(truth[a]), a, b) for a, b in pairwise(edges) if b > a]
        self.at, self._drawn = -1, None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(400), theme.px(160))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(120))

    @property
    def _area(self) -> QRectF:
        left = theme.px(30)
        return QRectF(left, 6, max(1, self.width() - left), max(1, self.height() - 6 - theme.px(40)))

    def place_at(self, x: float) -> int:
        """The place, in `order`, of the image under x; -1 for none."""
        area = self._area
        if not self.order or not area.left() <= x < area.right():
            return -1
        return min(len(self.order) - 1, int((x - area.left()) / area.width() * len(self.order)))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._said is None or not self.order:
            return
        painter, area = QPainter(self), self._area
        painter.drawImage(area, self._columns(area))
        self._axes(painter, area)
        self._names(painter, area)
        if self.at >= 0:
            wide = area.width() / len(self.order)
            box = QRectF(area.left() + self.at * wide, area.top(), max(2.0, wide), area.height())
            painter.setPen(QPen(colour("text"), 2))
            painter.drawRect(box)
        if self.hasFocus():
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawRect(area.adjusted(-1, -1, -1, 1))
        painter.end()

    def _columns(self, area: QRectF) -> QImage:
        ratio = self.devicePixelRatioF()
        size = (max(1, round(area.width() * ratio)), max(1, round(area.height() * ratio)))
        key = (size, theme.current().name)
        if self._drawn is None or self._drawn[0] != key:
            assert self._said is not None
            self._drawn = (key, paint_columns(self._said, np.asarray(self.order), *size, ratio))
        return self._drawn[1]

    def _axes(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(theme.font(9))
        metrics = painter.fontMetrics()
        for share, word in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
            y = area.bottom() - share * area.height()
            painter.setPen(colour("muted"))
            box = QRectF(0, y - metrics.height() / 2, area.left() - 6, metrics.height())
            box.moveTop(min(max(0.0, box.top()), self.height() - box.height()))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
        painter.setPen(QPen(colour("text"), 1, Qt.PenStyle.DashLine))
        half = area.center().y()
        painter.drawLine(QPointF(area.left(), half), QPointF(area.right(), half))

    def _names(self, painter: QPainter, area: QRectF) -> None:
        """Which truth stands where: a hairline between classes, a name where there is room, and what the axis is."""
        assert self._said is not None
        wide = area.width() / len(self.order)
        metrics, line = painter.fontMetrics(), theme.px(18)
        for index, (truth, start, end) in enumerate(self._groups):
            left, right = area.left() + start * wide, area.left() + end * wide
            if index and (right - left > 3 or len(self._groups) < 60):
                painter.setPen(QPen(colour("surface"), 2))
                painter.drawLine(QPointF(left, area.top()), QPointF(left, area.bottom()))
            if right - left >= theme.px(34):
                painter.setPen(colour("text"))
                text = metrics.elidedText(self._said.classes[truth], Qt.TextElideMode.ElideMiddle, int(right - left) - 6)
                painter.drawText(QRectF(left, area.bottom() + 2, right - left, line), Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(colour("muted"))
        if len(self._said.classes) > MOST:
            said = self.tr("%1 by truth, the surest first; filled: probability of the truth")
        else:
            said = self.tr("%1 by truth, the surest first; height: probability")
        said = said.replace("%1", count(len(self.order), self.tr("image"), self.tr("images")))
        box = QRectF(area.left(), area.bottom() + 2 + line, area.width(), theme.px(20))
        elided = metrics.elidedText(said, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, elided)

    def words_of(self, place: int) -> str:
        """What hovering says of an image: its file, its truth, its most probable classes."""
        assert self._said is not None
        image = self.order[place]
        said = self._said
        lines = [said.paths[image], self.tr("is %1").replace("%1", said.classes[int(said.truth[image])])]
        lines += [f"{value:.3f}  {name}" for name, value in said.ranked(image, 4)]
        return "\n".join(lines)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.place_at(event.pos().x())
            QToolTip.showText(event.globalPos(), self.words_of(place) if place >= 0 else "", self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._move_to(self.place_at(event.position().x()))
        if self.at >= 0:
            QToolTip.showText(event.globalPosition().toPoint() + QPoint(0, 8), self.words_of(self.at), self)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self._move_to(-1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._move_to(-1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().x())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self.order) - 1
        moves = {
            Qt.Key.Key_Left: max(0, self.at - 1),
            Qt.Key.Key_Right: min(last, self.at + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        key = Qt.Key(event.key())
        if key in moves and last >= 0:
            self._move_to(moves[key])
            area = self._area
            at = QPointF(area.left() + (self.at + 0.5) / len(self.order) * area.width(), area.center().y())
            QToolTip.showText(self.mapToGlobal(at.toPoint()), self.words_of(self.at), self)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.at >= 0:
            self.opened.emit(self.at)
        else:
            super().keyPressEvent(event)

    def _move_to(self, place: int) -> None:
        if place != self.at:
            self.at = place
            self.setAccessibleDescription(self.words_of(place) if place >= 0 else "")
            self.update()
