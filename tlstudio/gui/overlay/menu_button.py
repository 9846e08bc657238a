"""A word with a small arrow that opens a menu; the word begins at the left edge and is cut in its middle where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour, paint_icon

_ARROW, _SIDE = 12, 4


class MenuButton(QToolButton):
    """points, bold, role: of the word. The hover plate reaches a little beyond the word, so that the word stands in line with others."""

    def __init__(self, name: str, tip: str, *, points: float = 9, bold: bool = False, role: str = "muted") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setToolTip(tip)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(QMenu(self))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._points, self._bold, self._role = points, bold, role
        self._whole = ""

    def show_text(self, text: str) -> None:
        self._whole = text
        self.setText(text.replace("&", "&&"))
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def _word_font(self) -> QFont:
        return theme.font(self._points, bold=self._bold)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._word_font(), self)
        return QSize(metrics.horizontalAdvance(self._whole) + theme.px(_ARROW) + 3 * _SIDE + 2, metrics.height() + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(40), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._word_font())
        arrow = theme.px(_ARROW)
        room = self.width() - arrow - 3 * _SIDE
        word = painter.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room)
        wide = painter.fontMetrics().horizontalAdvance(word)
        if self.underMouse() or self.isDown() or self.hasFocus():
            painter.setPen(QPen(colour("accent"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(colour("raised"))
            painter.drawRoundedRect(QRect(1, 1, wide + arrow + 3 * _SIDE - 2, self.height() - 2), 5, 5)
        painter.setPen(colour(self._role if self.isEnabled() else "muted"))
        painter.drawText(QRect(_SIDE, 0, wide + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
        paint_icon(painter, QRect(2 * _SIDE + wide, (self.height() - arrow) // 2 + 1, arrow, arrow), "caret-down", "muted")
        painter.end()
