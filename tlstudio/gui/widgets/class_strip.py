"""A few pictures of each class: name, count, a line of thumbnails. 1,000 classes scroll; only what is in sight is loaded."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.gui import theme
from tlstudio.gui.image_index import EVERY, ImageIndex
from tlstudio.gui.widgets import thumbnails
from tlstudio.gui.widgets.class_model import CLASS, ClassLine, ClassModel
from tlstudio.gui.widgets.class_paint import fill_class
from tlstudio.gui.widgets.parts import colour, icon
from tlstudio.gui.widgets.picture_paint import paint_thumbnail
from tlstudio.gui.words import count

SIDE, GAP = 72, 8
_WORDS, _BELOW = 28, 8  # the line with the name, and the space to the next class
_MOST_LINES = 6


class ClassStrip(QListView):
    """`class_chosen(class)`: its whole gallery is wanted; `picture_chosen(class, row)`: that picture of the index."""

    class_chosen = Signal(int)
    picture_chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("classStrip")
        self.setAccessibleName(self.tr("Images by class"))
        self.setAccessibleDescription(self.tr("Up and Down choose a class, Enter shows all its images"))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setStyleSheet("QListView#classStrip { border: none; border-radius: 0; background: transparent; }")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.pictures = ImageIndex()
        self.marked: frozenset[str] = frozenset()
        """Relative paths of pictures that also lie in another split."""
        self._classes = ClassModel()
        self.setModel(self._classes)
        self.setItemDelegate(_Line(self))
        self.activated.connect(lambda index: self.class_chosen.emit(index.data(CLASS).index))
        thumbnails.shared().loaded.connect(self.viewport().update)

    def show_classes(self, classes: list[dict[str, Any]]) -> None:
        """classes: [{name, count}] of the `data` document; pictures follow by `show_pictures`."""
        self._classes.show_classes(classes)
        self._refit()

    def show_all(self, images: int) -> None:
        """All images together: in a mask there are several classes."""
        self._classes.show_all(self.tr("With their masks"), images)
        self._refit()

    def show_pictures(self, pictures: ImageIndex, marked: frozenset[str]) -> None:
        self.pictures, self.marked = pictures, marked
        self.viewport().update()

    # where things stand

    def side(self) -> int:
        return theme.px(SIDE)

    def per_line(self) -> int:
        return max(1, (self.viewport().width() + GAP) // (self.side() + GAP))

    def lines(self) -> int:
        """Lines of thumbnails a class, so that few classes fill the height."""
        classes = max(1, len(self._classes.lines))
        room = (self.viewport().height() + _BELOW) / classes - theme.px(_WORDS) - _BELOW
        return min(_MOST_LINES, max(1, int((room + GAP) // (self.side() + GAP))))

    def row_height(self) -> int:
        return theme.px(_WORDS) + self.lines() * (self.side() + GAP) - GAP + _BELOW

    def rows_shown(self, line: ClassLine) -> list[int]:
        return self.pictures.sample_of(line.index, self.per_line() * self.lines())

    def tile(self, box: QRect, n: int) -> QRect:
        """The place of the n-th thumbnail in the box of its class."""
        down, across = divmod(n, self.per_line())
        side = self.side()
        return QRect(box.left() + across * (side + GAP), box.top() + theme.px(_WORDS) + down * (side + GAP), side, side)

    def all_box(self, box: QRect, line: ClassLine) -> QRect:
        width = self.fontMetrics().horizontalAdvance(self.all_words(line)) + 12
        return QRect(box.right() - width + 1, box.top(), width, theme.px(_WORDS) - 4)

    def all_words(self, line: ClassLine) -> str:
        return self.tr("All %1").replace("%1", f"{line.count:,}")

    # hands

    def _hit(self, at: QPoint) -> tuple[ClassLine, int] | None:
        """The class there and which of its pictures; -1: the words "All n"."""
        index = self.indexAt(at)
        if not index.isValid():
            return None
        line, box = index.data(CLASS), self.visualRect(index)
        if self.all_box(box, line).contains(at):
            return line, -1
        for n, row in enumerate(self.rows_shown(line)):
            if self.tile(box, n).contains(at):
                return line, row
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        hit = self._hit(event.position().toPoint())
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hit else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        hit = self._hit(event.position().toPoint())
        if hit is None or event.button() != Qt.MouseButton.LeftButton:
            return
        line, row = hit
        if row < 0:
            self.class_chosen.emit(line.index)
        else:
            self.picture_chosen.emit(line.index, row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "pictures"):
            self._refit()

    def _refit(self) -> None:
        self.doItemsLayout()
        self.viewport().update()


class _Line(QStyledItemDelegate):
    def __init__(self, view: ClassStrip) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        last = index.row() == index.model().rowCount() - 1
        return QSize(100, self._view.row_height() - (_BELOW if last else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        view = self._view
        line: ClassLine = index.data(CLASS)
        box: QRect = option.rect
        words = QRect(box.left(), box.top(), box.width(), theme.px(_WORDS) - 4)
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_HasFocus and view.hasFocus():
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawRoundedRect(QRectF(words).adjusted(1, 1, -1, -1), 6, 6)
        if line.index == EVERY:
            icon("circle-half", "muted").paint(painter, QRect(words.left(), words.center().y() - 6, 14, 14))
        else:
            fill_class(painter, QRectF(words.left() + 1, words.center().y() - 4, 10, 10), line.index)
        everything = view.all_box(box, line)
        images = count(line.count, view.tr("image"), view.tr("images"))
        painter.setFont(theme.font(10))
        counts = painter.fontMetrics().horizontalAdvance(images)
        painter.setFont(theme.font(10, bold=True))
        room = everything.left() - words.left() - 18 - counts - 16
        name = painter.fontMetrics().elidedText(line.name, Qt.TextElideMode.ElideMiddle, max(theme.px(48), room))
        width = painter.fontMetrics().horizontalAdvance(name)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(colour("text"))
        painter.drawText(words.adjusted(18, 0, 0, 0), left, name)
        painter.setFont(theme.font(10))
        painter.setPen(colour("muted"))
        if room >= width:
            painter.drawText(words.adjusted(18 + width + 8, 0, 0, 0), left, images)
        painter.setPen(colour("accent"))
        painter.drawText(everything, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, view.all_words(line))
        for n, row in enumerate(view.rows_shown(line)):
            tile = view.tile(box, n)
            path, mask = str(view.pictures.root / view.pictures.paths[row]), view.pictures.mask_of(row)
            paint_thumbnail(painter, tile, path, view.devicePixelRatioF(), mask=mask)
            if view.pictures.paths[row] in view.marked:
                plate = QRect(tile.right() - 23, tile.top() + 4, 20, 20)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour("surface"))
                painter.drawEllipse(plate)
                icon("copy", "warn").paint(painter, plate.adjusted(3, 3, -3, -3))
        painter.restore()
