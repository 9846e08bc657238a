"""The navigation rail: one line a page with icon, word, how it stands, and a state mark told by shape as well as colour."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour, paint_icon

WIDTH, TOP = 184, 8
ITEM, CLOSE, BARE = 52, 44, 34  # height of a line: with air, set close, and without its second line of text
_MARKS = {
    "ready": ("check-circle", "good"),
    "running": ("play-circle", "accent"),
    "problem": ("warning", "bad"),
    "none": ("minus", "muted"),
}
_ICON = Qt.ItemDataRole.UserRole
_MARK = Qt.ItemDataRole.UserRole + 1
_LINE = Qt.ItemDataRole.UserRole + 2
KEY = Qt.ItemDataRole.UserRole + 3


class _Stage(QStyledItemDelegate):
    height = ITEM
    """At text scale 1."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(theme.px(WIDTH), theme.px(self.height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        line = index.data(_LINE) if self.height >= CLOSE else ""
        mark, px = index.data(_MARK), theme.px
        box: QRect = option.rect.adjusted(8, 2, -8, -2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or bool(state & QStyle.StateFlag.State_MouseOver):
            painter.setBrush(colour("accent_soft" if selected else "raised"))
            painter.setPen(QPen(colour("accent"), 2) if focused else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, 6, 6)
        tone = colour("accent" if selected else "text")
        side = px(20)
        picture = QRect(box.left() + 12, box.center().y() - side // 2 + 1, side, side)
        paint_icon(painter, picture, index.data(_ICON), "accent" if selected else "muted")
        left = 12 + side + 12
        text = QRect(box.left() + left, box.top() + px(5 if self.height == ITEM else 1), box.width() - left - 8, px(20))
        if not line:
            text.moveTop(box.center().y() - text.height() // 2)
        painter.setPen(tone)
        painter.setFont(theme.font(10, bold=selected))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, index.data())
        if line:
            painter.setFont(theme.font(8))
            painter.setPen(QColor(colour("muted")))
            below = QRect(text.left(), text.bottom() - 1, text.width() + 4, px(18))
            line = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, line)
        if mark in _MARKS:
            name, role = _MARKS[mark]
            side = px(16)
            paint_icon(painter, QRect(box.right() - side - 6, text.center().y() - side // 2 + 1, side, side), name, role)
        painter.restore()


class Rail(QListWidget):
    """objectName navigationRail. `currentRowChanged` says which page is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("navigationRail")
        self.setAccessibleName(self.tr("Pages"))
        self._stage = _Stage(self)
        self.setItemDelegate(self._stage)
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportMargins(0, TOP, 0, 0)
        self._fit()

    def add(self, key: str, word: str, icon_name: str) -> None:
        item = QListWidgetItem(word)
        item.setData(KEY, key)
        item.setData(_ICON, icon_name)
        self.addItem(item)
        self.show_mark(key, "", "")

    def show_mark(self, key: str, mark: str, line: str) -> None:
        item = self._item(key)
        if (item.data(_MARK), item.data(_LINE)) == (mark, line):
            return  # said again with each epoch
        item.setData(_MARK, mark)
        item.setData(_LINE, line)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.text()}. {line}" if line else item.text())
        place = f"{item.text()} (Ctrl+{self.row(item) + 1})"
        item.setToolTip(f"{place}\n{line}" if line else place)

    def show_page(self, key: str) -> None:
        self.setCurrentItem(self._item(key))

    def _item(self, key: str) -> QListWidgetItem:
        return next(self.item(i) for i in range(self.count()) if self.item(i).data(KEY) == key)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """All pages in sight, closer together or without their second lines where the window is low or the text large."""
        room = (self.height() - TOP) / max(1, self.count()) / theme.scale()
        self._stage.height = next((height for height in (ITEM, CLOSE) if height <= room), BARE)
        self.setFixedWidth(theme.px(WIDTH))
        self.doItemsLayout()
