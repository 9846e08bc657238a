"""The navigation rail: one line a page with icon, word, how it stands, and a state mark told by shape as well as colour."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour, icon

WIDTH, ITEM = 184, 52
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
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(theme.px(WIDTH), theme.px(ITEM))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        line, mark, px = index.data(_LINE), index.data(_MARK), theme.px
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
        icon(index.data(_ICON), "accent" if selected else "muted").paint(painter, picture)
        left = 12 + side + 12
        text = QRect(box.left() + left, box.top() + px(5), box.width() - left - 8, px(20))
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
            icon(name, role).paint(painter, QRect(box.right() - side - 6, text.center().y() - side // 2 + 1, side, side))
        painter.restore()


class Rail(QListWidget):
    """objectName navigationRail. `currentRowChanged` says which page is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("navigationRail")
        self.setAccessibleName(self.tr("Pages"))
        self.setItemDelegate(_Stage(self))
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportMargins(0, 8, 0, 0)
        self._fit()

    def add(self, key: str, word: str, icon_name: str) -> None:
        item = QListWidgetItem(word)
        item.setData(KEY, key)
        item.setData(_ICON, icon_name)
        item.setToolTip(f"{word} (Ctrl+{self.count() + 1})")
        self.addItem(item)
        self.show_mark(key, "", "")

    def show_mark(self, key: str, mark: str, line: str) -> None:
        item = self._item(key)
        item.setData(_MARK, mark)
        item.setData(_LINE, line)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.text()}. {line}" if line else item.text())

    def show_page(self, key: str) -> None:
        self.setCurrentItem(self._item(key))

    def _item(self, key: str) -> QListWidgetItem:
        return next(self.item(i) for i in range(self.count()) if self.item(i).data(KEY) == key)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedWidth(theme.px(WIDTH))
        self.doItemsLayout()
