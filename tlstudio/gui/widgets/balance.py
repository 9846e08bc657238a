"""How many pictures each class has, as bars. From thirteen classes on the list scrolls, the largest first."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.gui import theme
from tlstudio.gui.widgets.class_model import CLASS, ClassLine, ClassModel
from tlstudio.gui.widgets.class_paint import fill_class
from tlstudio.gui.widgets.parts import colour

IN_ORDER = 12  # up to so many classes stand in their own order
_ROWS = {1: 28, 2: 28, 3: 28, 4: 24}  # height of a row by the number of classes
_ROW = 20  # with more
_NAME, _MOST_NAME = 40, 0.4  # a name's column: at least so wide, at most that share


class Balance(QListView):
    """objectName classBalance. `class_chosen(index of the class)`: a bar was clicked, or Enter pressed on it."""

    class_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("classBalance")
        self.setAccessibleName(self.tr("Images of each class"))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setStyleSheet("QListView#classBalance { border: none; border-radius: 0; background: transparent; }")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.most = 1
        """Images of the largest class, or pixels of masks."""
        self._masks = False
        self._classes = ClassModel()
        self.setModel(self._classes)
        self.setItemDelegate(_Bar(self))
        self.activated.connect(self._chosen)
        self.clicked.connect(self._chosen)

    def show_classes(self, classes: list[dict[str, Any]]) -> None:
        """classes: [{name, count}] of the `data` document; of masks pixels are what is counted."""
        self._masks = any("pixels" in entry for entry in classes)
        self.setAccessibleName(self.tr("Pixels of each class") if self._masks else self.tr("Images of each class"))
        self._classes.show_classes(classes, largest_first=len(classes) > IN_ORDER)
        self.most = max((line.count for line in self.lines), default=1)
        self.viewport().update()

    @property
    def lines(self) -> list[ClassLine]:
        """The classes in the order in which they stand."""
        return self._classes.lines

    def balance(self) -> str:
        """Smallest to largest, and what that means: "1 : 1.06, even"."""
        counts = [line.count for line in self.lines]
        if len(counts) < 2:
            return ""
        if min(counts) == 0:
            return self.tr("a class has no pixels") if self._masks else self.tr("a class has no images")
        ratio = max(counts) / min(counts)
        word = self.tr("even") if ratio < 1.5 else self.tr("uneven") if ratio < 10 else self.tr("far from even")
        return f"1 : {ratio:.3g}, {word}"

    def height_for_all(self) -> int:
        """So high that nothing scrolls."""
        return self.row_height() * len(self.lines)

    def row_height(self) -> int:
        return theme.px(_ROWS.get(len(self.lines), _ROW))

    def name_width(self) -> int:
        longest = max((self.fontMetrics().horizontalAdvance(line.name[:40]) for line in self.lines[:200]), default=0)
        return max(theme.px(_NAME), min(longest + 8, int(self.viewport().width() * _MOST_NAME)))

    def count_width(self) -> int:
        return max((self.fontMetrics().horizontalAdvance(line.said) for line in self.lines), default=0) + 8

    def _chosen(self, index: QModelIndex) -> None:
        self.class_chosen.emit(self.lines[index.row()].index)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.doItemsLayout()


class _Bar(QStyledItemDelegate):
    def __init__(self, view: Balance) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, self._view.row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        line: ClassLine = index.data(CLASS)
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        view = self._view
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, colour("raised"))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 4, 4)
        names, counts = view.name_width(), view.count_width()
        painter.setFont(theme.font(10))
        painter.setPen(colour("text"))
        name = painter.fontMetrics().elidedText(line.name, Qt.TextElideMode.ElideMiddle, names - 4)
        painter.drawText(QRect(box.left(), box.top(), names, box.height()), Qt.AlignmentFlag.AlignVCenter, name)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRect(box.right() - counts, box.top(), counts - 2, box.height()), right, line.said)
        room = box.width() - names - 8 - counts - 8
        thick = min(theme.px(12), box.height() - 8)
        if line.count and room > 4:
            bar = QRectF(box.left() + names + 8, box.top() + (box.height() - thick) / 2, max(2.0, room * line.count / view.most), thick)
            fill_class(painter, bar, line.index)
        painter.restore()
