"""Few or many images, near to what the model knows or far: four places, one of them this one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour, paint_icon
from tlstudio.gui.words import strategy_word

TALL = 46  # of a place
_GAP = 4


class Quadrant(QWidget):
    """objectName quadrant. Columns: few, many images; rows: similar, different."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("quadrant")
        self._here: tuple[bool, bool] | None = None
        self._words: dict[tuple[bool, bool], str] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit()

    def show_place(self, large: bool, similar: bool, strategies: dict[tuple[bool, bool], str]) -> None:
        """strategies: what the rules say, by (large, similar)."""
        self._here, self._words = (large, similar), {place: strategy_word(key) for place, key in strategies.items()}
        size = self.tr("many images") if large else self.tr("few images")
        near = self.tr("similar to what the model knows") if similar else self.tr("different from what the model knows")
        words = self.tr("%1, %2: the rules of thumb say %3").replace("%1", size).replace("%2", near).replace("%3", self._words[self._here])
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(8.5))
        metrics = painter.fontMetrics()
        rows = {True: self.tr("similar"), False: self.tr("different")}
        columns = {False: self.tr("few images"), True: self.tr("many images")}
        left, top = max(metrics.horizontalAdvance(word) for word in rows.values()) + 8, metrics.height() + 2
        wide, high = (self.width() - left - _GAP) / 2, (self.height() - top - _GAP) / 2
        for i, (large, word) in enumerate(columns.items()):
            painter.setPen(colour("muted"))
            painter.drawText(QRectF(left + i * (wide + _GAP), 0, wide, top), Qt.AlignmentFlag.AlignHCenter, word)
            for j, (similar, near) in enumerate(rows.items()):
                box = QRectF(left + i * (wide + _GAP), top + j * (high + _GAP), wide, high).adjusted(0.5, 0.5, -0.5, -0.5)
                if not i:
                    painter.setPen(colour("muted"))
                    at = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
                    painter.drawText(QRectF(0, box.top(), left, high), at, near)
                self._place(painter, box, (large, similar))
        painter.end()

    def _place(self, painter: QPainter, box: QRectF, place: tuple[bool, bool]) -> None:
        here = place == self._here
        painter.setPen(QPen(colour("accent" if here else "line"), 2 if here else 1))
        painter.setBrush(colour("accent_soft" if here else "surface"))
        painter.drawRoundedRect(box, 6, 6)
        painter.setFont(theme.font(9, bold=here))
        painter.setPen(colour("text" if here else "muted"))
        text, room = self._words.get(place, ""), box.adjusted(6, 2, -6, -2)
        if here:
            side = theme.px(14)
            mark = QRectF(room.left(), room.center().y() - side / 2, side, side).toRect()
            paint_icon(painter, mark, "check-circle", "accent")
            room.setLeft(mark.right() + 5)
        align = Qt.AlignmentFlag.AlignVCenter | (Qt.AlignmentFlag.AlignLeft if here else Qt.AlignmentFlag.AlignHCenter)
        painter.drawText(room, align | Qt.TextFlag.TextWordWrap, text)
        painter.setFont(theme.font(8.5))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(2 * TALL + 20))
        self.update()
